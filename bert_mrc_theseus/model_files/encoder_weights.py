"""An encoder's weights as plain arrays, the common form of every checkpoint format.

Tensor names and orientations are those of Hugging Face's `BertModel`: dense kernels are [out, in].

    embeddings.word_embeddings.weight                    [vocab, H]
    embeddings.position_embeddings.weight                [max_positions, H]
    embeddings.token_type_embeddings.weight              [type_vocab, H]
    embeddings.LayerNorm.weight, .bias                   [H]
    encoder.layer.{i}.attention.self.{query,key,value}.weight [H, H], .bias [H]
    encoder.layer.{i}.attention.output.dense.weight      [H, H], .bias [H]
    encoder.layer.{i}.attention.output.LayerNorm.weight, .bias
    encoder.layer.{i}.intermediate.dense.weight          [FF, H], .bias [FF]
    encoder.layer.{i}.output.dense.weight                [H, FF], .bias [H]
    encoder.layer.{i}.output.LayerNorm.weight, .bias
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.model_config import EncoderConfig

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


def layer_tensor(layer: int, name: str) -> str:
    """Full name of a layer's tensor, `name` being one of `LAYER_TENSORS`."""
    return f"encoder.layer.{layer}.{name}"


def expected_shapes(config: EncoderConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor that an encoder of this config has, with its shape."""
    hidden, inner = config.hidden_size, config.intermediate_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config.vocab_size, hidden),
        "embeddings.position_embeddings.weight": (config.max_positions, hidden),
        "embeddings.token_type_embeddings.weight": (config.type_vocab_size, hidden),
        "embeddings.LayerNorm.weight": (hidden,),
        "embeddings.LayerNorm.bias": (hidden,),
    }
    for layer in range(config.num_layers):
        for name in LAYER_TENSORS:
            out, kernel = (inner, (inner, hidden)) if name.startswith("intermediate") else (hidden, (hidden, hidden))
            if name == "output.dense.weight":
                kernel = (hidden, inner)
            is_kernel = name.endswith("weight") and "LayerNorm" not in name
            shapes[layer_tensor(layer, name)] = kernel if is_kernel else (out,)
    return shapes


@dataclass(frozen=True)
class EncoderWeights:
    """An encoder read from somewhere: its config, its vocabulary (one entry a row, as in vocab.txt) and its tensors.

    Raises:
        ModelError: a tensor is missing, of the wrong shape or not finite, or the vocabulary has more entries than its
            embeddings.
    """

    config: EncoderConfig
    vocab: tuple[str, ...]
    tensors: Mapping[str, np.ndarray]
    source: str = ""

    def __post_init__(self) -> None:
        if len(self.vocab) > self.config.vocab_size:
            raise ModelError(
                f"{self.source}: the vocabulary has {len(self.vocab)} entries but the word embeddings only "
                f"{self.config.vocab_size} rows: vocab.txt and weights are not of the same model"
            )
        check_tensors(self.tensors, expected_shapes(self.config), self.source)


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
