"""Narrower layers: feed-forward channels and attention heads that matter least are taken out.

The output of a feed-forward layer, and of attention, is a sum over channels: an activation times a column of a kernel. How much
a channel matters is the square of the norm of its term, summed over tokens: the importance of Wanda (Sun et al., ICLR 2024, "A
Simple and Effective Pruning Approach for Large Language Models", equation 1), squared, and summed over a column. Of a head, it
is summed over the head's channels. What is left is fine-tuned afterwards (`train --stage 2 --successor`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.model_files.encoder_weights import ENCODER, TOP, layer_tensor
from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.model_files.model_spec import SavedModel

Squares = Mapping[str, np.ndarray]
"""Sum of squares of the activations of each channel that enters a product, (K,), by the product's name, such as
"encoder.layer.0.output.dense"; see `onnx_export.observation.measure_squares`."""


def narrow_feed_forward(model: SavedModel, squares: Squares, size: int, top_size: int | None = None) -> SavedModel:
    """A model with fewer channels between the two products of a feed-forward.

    Args:
        model: the model.
        squares: of its activations.
        size: channels of the encoder's layers that stay.
        top_size: the same of the layers above it, which a model with words has; None: all.

    Raises:
        UsageError: there are not so many channels, or there are no layers above the encoder.

    Example:
        >>> import numpy as np
        >>> from pathlib import Path
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.model_files.pruning import narrow_feed_forward
        >>> model = bmt.model_files.load_model(Path("run/stage2/best"))
        >>> encoder = model.spec.config.encoder
        >>> size = encoder.intermediate_size
        >>> squares = {f"encoder.layer.{i}.output.dense": np.ones(size) for i in range(encoder.num_layers)}
        >>> narrow = narrow_feed_forward(model, squares, size // 2)
        >>> narrow.spec.config.encoder.intermediate_size == size // 2
        True
    """
    config = model.spec.config
    words = config.words
    _check(size, config.encoder.intermediate_size, "channels in a feed-forward of the encoder")
    if top_size is not None:
        if words is None:
            raise UsageError("the model has no layers above its encoder: it reads characters alone")
        _check(top_size, words.intermediate_size, "channels in a feed-forward above the encoder")
        words = replace(words, intermediate_size=top_size)
    tensors = dict(model.tensors)
    for layer, stack in _layers(config):
        width = size if stack == ENCODER else top_size
        if width is None:
            continue
        second = layer_tensor(layer, "output.dense", stack)
        stay = _largest(_importance(tensors[f"{second}.weight"], squares[second]), width)
        _keep(tensors, layer_tensor(layer, "intermediate.dense", stack), stay)
        tensors[f"{second}.weight"] = np.ascontiguousarray(tensors[f"{second}.weight"][:, stay])
    encoder = replace(config.encoder, intermediate_size=size)
    return _of_shape(model, replace(config, encoder=encoder, words=words), tensors)


def fewer_heads(model: SavedModel, squares: Squares, heads: int) -> SavedModel:
    """A model with fewer attention heads in each layer; they keep their size (Michel et al., NeurIPS 2019, prune heads too).

    Args:
        model: the model.
        squares: of its activations.
        heads: that stay in each layer.

    Raises:
        UsageError: there are not so many.
    """
    config = model.spec.config
    size = config.encoder.size_of_head
    _check(heads, config.encoder.num_heads, "attention heads in a layer")
    tensors = dict(model.tensors)
    for layer, stack in _layers(config):
        output = layer_tensor(layer, "attention.output.dense", stack)
        importance = _importance(tensors[f"{output}.weight"], squares[output]).reshape(-1, size).sum(axis=1)
        stay = np.arange(len(importance) * size).reshape(-1, size)[_largest(importance, heads)].ravel()
        for part in ("query", "key", "value"):
            _keep(tensors, layer_tensor(layer, f"attention.self.{part}", stack), stay)
        tensors[f"{output}.weight"] = np.ascontiguousarray(tensors[f"{output}.weight"][:, stay])
    encoder = replace(config.encoder, num_heads=heads, head_size=size)
    if encoder.attention_size == encoder.hidden_size:
        encoder = replace(encoder, head_size=None)
    return _of_shape(model, replace(config, encoder=encoder), tensors)


def _layers(config: ModelConfig) -> Iterator[tuple[int, str]]:
    """Number and stack of every layer."""
    for layer in range(config.encoder.num_layers):
        yield layer, ENCODER
    for layer in range(0 if config.words is None else config.words.layers):
        yield layer, TOP


def _importance(kernel: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Of each channel that enters a kernel [out, K]: (K,)."""
    return np.square(kernel.astype(np.float64)).sum(axis=0) * squares


def _largest(importance: np.ndarray, count: int) -> np.ndarray:
    """Numbers of the most important ones, ascending; of equal ones the first."""
    return np.sort(np.argsort(-importance, kind="stable")[:count])


def _keep(tensors: dict[str, np.ndarray], dense: str, stay: np.ndarray) -> None:
    """Keeps some outputs of a dense layer."""
    for kind in ("weight", "bias"):
        tensors[f"{dense}.{kind}"] = tensors[f"{dense}.{kind}"][stay]


def _of_shape(model: SavedModel, config: ModelConfig, tensors: dict[str, np.ndarray]) -> SavedModel:
    return SavedModel(replace(model.spec, config=config), tensors)


def _check(count: int, there: int, what: str) -> None:
    if not 1 <= count <= there:
        raise UsageError(f"there are {there} {what}, of which 1 to {there} can stay. Received: {count}")
