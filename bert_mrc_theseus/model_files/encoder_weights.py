"""An encoder's weights as plain arrays, the common form of every checkpoint format.

Tensor names and orientations are those of Hugging Face's `BertModel`: dense kernels are [out, in].

    embeddings.word_embeddings.weight                    [vocab, H]
    embeddings.position_embeddings.weight                [max_positions, H]
    embeddings.token_type_embeddings.weight              [type_vocab, H]
    embeddings.LayerNorm.weight, .bias                   [H]
    encoder.layer.{i}.attention.self.{query,key,value}.weight [A, H], .bias [A]
    encoder.layer.{i}.attention.output.dense.weight      [H, A], .bias [H]
    encoder.layer.{i}.attention.output.LayerNorm.weight, .bias
    encoder.layer.{i}.intermediate.dense.weight          [FF, H], .bias [FF]
    encoder.layer.{i}.output.dense.weight                [H, FF], .bias [H]
    encoder.layer.{i}.output.LayerNorm.weight, .bias

A is H, unless heads were pruned.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.model_files.pieces import Pieces

EMBEDDING_TENSORS = (
    "embeddings.word_embeddings.weight",
    "embeddings.position_embeddings.weight",
    "embeddings.token_type_embeddings.weight",
    "embeddings.LayerNorm.weight",
    "embeddings.LayerNorm.bias",
)

LAYER_TENSORS = tuple(
    f"{part}.{kind}"
    for part in (
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "attention.output.LayerNorm",
        "intermediate.dense",
        "output.dense",
        "output.LayerNorm",
    )
    for kind in ("weight", "bias")
)


PIECE_EMBEDDINGS = "embeddings.piece_embeddings.weight"
"""Embeddings of pieces of several characters [pieces, H], which only an encoder with words has."""

ENCODER, TOP = "encoder", "top"
"""What the names of layers begin with: of the encoder's, and of those above it (`model.top_layers`)."""


def layer_tensor(layer: int, name: str, stack: str = ENCODER) -> str:
    """Full name of a layer's tensor, `name` being one of `LAYER_TENSORS`; `stack`: of which layers it is one."""
    return f"{stack}.layer.{layer}.{name}"


def layer_shapes(layer: int, config: EncoderConfig, inner: int, stack: str = ENCODER) -> dict[str, tuple[int, ...]]:
    """Every tensor of a layer, with its shape.

    Args:
        layer: its number.
        config: of the encoder.
        inner: FF.
        stack: see `layer_tensor`.
    """
    hidden, attention = config.hidden_size, config.attention_size
    entering = {"attention.output.dense": attention, "output.dense": inner}
    shapes: dict[str, tuple[int, ...]] = {}
    for name in LAYER_TENSORS:
        out = inner if name.startswith("intermediate") else attention if name.startswith("attention.self") else hidden
        kernel = (out, entering.get(name.rpartition(".")[0], hidden))
        is_kernel = name.endswith("weight") and "LayerNorm" not in name
        shapes[layer_tensor(layer, name, stack)] = kernel if is_kernel else (out,)
    return shapes


def expected_shapes(config: EncoderConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor that an encoder of this config has, with its shape."""
    hidden = config.hidden_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config.vocab_size, hidden),
        "embeddings.position_embeddings.weight": (config.max_positions, hidden),
        "embeddings.token_type_embeddings.weight": (config.type_vocab_size, hidden),
        "embeddings.LayerNorm.weight": (hidden,),
        "embeddings.LayerNorm.bias": (hidden,),
    }
    for layer in range(config.num_layers):
        shapes |= layer_shapes(layer, config, config.intermediate_size)
    return shapes


@dataclass(frozen=True)
class EncoderWeights:
    """An encoder read from somewhere.

    Attributes:
        config: its shape.
        vocab: one entry a row of its word embeddings, as in vocab.txt.
        tensors: by the names above.
        source: where it comes from, for messages.
        pieces: the words that it knows beside its characters; None: an ordinary BERT, which has none.

    Raises:
        ModelError: a tensor is missing, of the wrong shape or not finite, or the vocabulary or the pieces have another size
            than the embeddings.
    """

    config: EncoderConfig
    vocab: tuple[str, ...]
    tensors: Mapping[str, np.ndarray]
    source: str = ""
    pieces: Pieces | None = None

    def __post_init__(self) -> None:
        if len(self.vocab) > self.config.vocab_size:
            raise ModelError(
                f"{self.source}: the vocabulary has {len(self.vocab)} entries but the word embeddings only "
                f"{self.config.vocab_size} rows: vocab.txt and weights are not of the same model"
            )
        if self.pieces is not None and self.pieces.rows.shape[1] != self.config.hidden_size:
            raise ModelError(
                f"{self.source}: the pieces have embeddings of {self.pieces.rows.shape[1]}, the characters of "
                f"{self.config.hidden_size}: they are not of the same model"
            )
        check_tensors(self.tensors, expected_shapes(self.config), self.source)

    def tensors_with_pieces(self) -> dict[str, np.ndarray]:
        """All tensors, the embeddings of pieces among them, if there are any."""
        if self.pieces is None or not self.pieces.listed.words:
            return dict(self.tensors)
        return {**self.tensors, PIECE_EMBEDDINGS: self.pieces.rows.values()}


def check_tensors(tensors: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]], source: str) -> None:
    """Are all tensors there, of the right shapes, and numbers?

    Args:
        tensors: by name.
        shapes: those that there must be.
        source: for messages.

    Raises:
        ModelError: a tensor is missing, of another shape, or has values that are not finite.
    """
    for name, shape in shapes.items():
        if name not in tensors:
            raise ModelError(f"{source}: tensor {name!r} is missing: the checkpoint is incomplete")
        if tuple(tensors[name].shape) != shape:
            raise ModelError(
                f"{source}: tensor {name!r} has shape {tuple(tensors[name].shape)}, the config says {shape}"
            )
        if not np.isfinite(tensors[name]).all():
            raise ModelError(f"{source}: tensor {name!r} has values that are not finite: the weights are damaged")
