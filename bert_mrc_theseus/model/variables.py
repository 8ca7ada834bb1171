"""A model's variables by the names, and in the orientation, of `EncoderWeights`."""

from collections.abc import Iterable, Mapping

import numpy as np
from keras import ops

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.encoder import EncoderLayer
from bert_mrc_theseus.model_files.encoder_weights import layer_tensor


def layer_variables(layers: Iterable[EncoderLayer]) -> dict:
    """Variables of consecutive layers under the names `encoder.layer.{i}. ...`."""
    return {
        layer_tensor(i, name): variable
        for i, layer in enumerate(layers)
        for name, variable in layer.named_weights().items()
    }


def head_variables(model) -> dict:
    """All variables that no pretrained encoder has, and that are new in stage 0: of the heads, and of what words add."""
    parts = [part for part in (model.heads, model.match_head, model.top_layers, model.fusion) if part is not None]
    above = {name: variable for part in parts for name, variable in part.named_weights().items()}
    return {**model.embeddings.new_weights(), **above}


def tensors_of(variables: Mapping) -> dict[str, np.ndarray]:
    """Values of named variables: dense kernels, which Keras has as [in, out], become [out, in]."""
    return {name: _turned(name, ops.convert_to_numpy(variable)) for name, variable in variables.items()}


def load_tensors(variables: Mapping, tensors: Mapping[str, np.ndarray], source: str = "") -> None:
    """Inverse of `tensors_of`: assigns tensors to the variables of the same name.

    Raises:
        ModelError: a tensor is missing or of another shape; nothing has been assigned then.
    """
    for name, variable in variables.items():
        if name not in tensors:
            raise ModelError(f"{source}: tensor {name!r} is missing")
        have, want = tuple(tensors[name].shape), tuple(variable.shape)[:: -1 if _is_kernel(name) else 1]
        if have != want:
            raise ModelError(f"{source}: tensor {name!r} has shape {have}, this model needs {want}")
    for name, variable in variables.items():
        variable.assign(_turned(name, tensors[name]))


def _turned(name: str, tensor: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(tensor.T) if _is_kernel(name) else np.asarray(tensor)


def _is_kernel(name: str) -> bool:
    return name.endswith(".weight") and "embeddings" not in name and "LayerNorm" not in name
