"""TensorFlow checkpoints: Google's BERT, and the original TF1 project of BERT-of-Theseus for MRC-NER.

Both name their variables `bert/encoder/layer_0/attention/self/query/kernel` and so on, with dense kernels [in, out]. The
original project has its successor's layers beside them as `bert/encoder/suc_layer_0/...`.
"""

import glob
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.model_files.bert_config import bert_config, read_bert_config, read_vocab, write_vocab
from bert_mrc_theseus.model_files.encoder_weights import (
    EMBEDDING_TENSORS,
    LAYER_TENSORS,
    EncoderWeights,
    expected_shapes,
    layer_tensor,
)
from bert_mrc_theseus.model_files.regular_files import read_text, regular_file

BRANCHES = {"predecessor": "layer", "successor": "suc_layer"}
PREFIX = "bert_model.ckpt"


def is_tensorflow_checkpoint(place: str | Path) -> bool:
    """Whether this is the prefix of a TensorFlow checkpoint or a folder with one."""
    return os.path.isfile(f"{place}.index") or (os.path.isdir(place) and any(Path(place).glob("*.index")))


def read_tensorflow(place: str | Path, branch: str = "") -> EncoderWeights:
    """Reads an encoder; bert_config.json (or config.json) and vocab.txt lie beside it.

    Args:
        place: prefix of the checkpoint, or a folder with one: the one that its file `checkpoint` names, else the only one.
        branch: "predecessor" takes `layer_{i}`, "successor" `suc_layer_{i}`. By default the successor, if there is one:
            then the number of layers is that of the checkpoint, not of the config.

    Raises:
        ModelError: no or several checkpoints, a variable or file is missing, or the branch is not there.
    """
    prefix = _prefix(Path(place))
    for part in (Path(f"{prefix}.index"), *prefix.parent.glob(f"{glob.escape(prefix.name)}.data-*")):
        regular_file(part)
    import tensorflow as tf

    try:
        reader = tf.train.load_checkpoint(str(prefix))
        shapes = reader.get_variable_to_shape_map()
    except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
        raise ModelError(f"{prefix} cannot be read as a TensorFlow checkpoint: {error}") from error
    root = next((n.removesuffix("embeddings/word_embeddings") for n in shapes if _is_word_embeddings(n)), None)
    if root is None:
        raise ModelError(f"{prefix} has no variable .../embeddings/word_embeddings: is it a BERT?")
    layers = {
        name: len({m[1] for m in (re.match(rf"{re.escape(root)}encoder/{layer}_(\d+)/", n) for n in shapes) if m})
        for name, layer in BRANCHES.items()
    }
    branch = branch or ("successor" if layers["successor"] else "predecessor")
    if branch not in BRANCHES or not layers[branch]:
        there = ", ".join(name for name, count in layers.items() if count)
        raise ModelError(f"{prefix} has no branch {branch!r}; it has: {there or 'no layers at all'}")
    folder = prefix.parent
    config_file = next((folder / n for n in ("bert_config.json", "config.json") if (folder / n).is_file()), None)
    config = read_bert_config(config_file or folder / "bert_config.json")
    if branch == "successor":
        config = replace(config, num_layers=layers[branch])
    names = {name: root + _embedding_variable(name) for name in EMBEDDING_TENSORS}
    for i in range(config.num_layers):
        for name in LAYER_TENSORS:
            names[layer_tensor(i, name)] = f"{root}encoder/{BRANCHES[branch]}_{i}/{_layer_variable(name)}"
    absent = next((variable for variable in names.values() if variable not in shapes), None)
    if absent is not None:
        raise ModelError(f"{prefix}: variable {absent!r} is missing: the checkpoint is incomplete")
    tensors = {}
    for name, shape in expected_shapes(config).items():
        variable = names[name]
        # Before it is read: the shape in a damaged index may be any.
        if tuple(shapes[variable]) != (shape[::-1] if _is_kernel(name) else shape):
            raise ModelError(
                f"{prefix}: variable {variable!r} has shape {shapes[variable]}, which the config does not say"
            )
        try:
            tensors[name] = _turn(name, np.asarray(reader.get_tensor(variable), np.float32))
        # The reader has an exception of its own for a part that is absent, and IndexError for one that is cut off.
        except (tf.errors.OpError, IndexError, ValueError, TypeError, RuntimeError) as error:
            raise ModelError(f"{prefix}: variable {variable!r} cannot be read: {error}") from error
    return EncoderWeights(config, read_vocab(folder / "vocab.txt"), tensors, str(prefix))


def write_tensorflow(weights: EncoderWeights, folder: str | Path) -> None:
    """Writes a folder with a checkpoint of Google's variable names, bert_config.json and vocab.txt, in one step.

    The checkpoint is name-based: TF1's `Saver` and `tf.train.load_checkpoint` read it.
    """
    import tensorflow as tf

    names = {name: "bert/" + _embedding_variable(name) for name in EMBEDDING_TENSORS}
    for i in range(weights.config.num_layers):
        for name in LAYER_TENSORS:
            names[layer_tensor(i, name)] = f"bert/encoder/layer_{i}/{_layer_variable(name)}"
    values: list[Any] = [_turn(name, np.asarray(weights.tensors[name], np.float32)) for name in names]
    with atomic_folder(folder) as new:
        with tf.device("/cpu:0"):
            tf.raw_ops.SaveV2(
                prefix=str(new / PREFIX),
                tensor_names=list(names.values()),
                shape_and_slices=[""] * len(names),
                tensors=[tf.constant(value) for value in values],
            )
        (new / "checkpoint").write_text(f'model_checkpoint_path: "{PREFIX}"\n', encoding="utf-8")
        (new / "bert_config.json").write_text(json.dumps(bert_config(weights.config), indent=2) + "\n", "utf-8")
        write_vocab(new / "vocab.txt", weights.vocab)


def _prefix(place: Path) -> Path:
    if Path(f"{place}.index").is_file():
        return place
    prefixes = sorted(path.with_suffix("") for path in place.glob("*.index"))
    state = place / "checkpoint"
    if state.is_file():
        named = re.search(r'^model_checkpoint_path: "(.*)"', read_text(state), re.MULTILINE)
        prefixes = [prefix for prefix in prefixes if named and prefix.name == Path(named[1]).name] or prefixes
    if len(prefixes) != 1:
        raise ModelError(f"{place} has {len(prefixes)} checkpoints: name one, such as {place / PREFIX}")
    return prefixes[0]


def _is_word_embeddings(variable: str) -> bool:
    return variable.endswith("embeddings/word_embeddings")


def _embedding_variable(name: str) -> str:
    """embeddings.word_embeddings.weight -> embeddings/word_embeddings."""
    return _layer_variable(name) if "LayerNorm" in name else name.removesuffix(".weight").replace(".", "/")


def _layer_variable(name: str) -> str:
    """attention.self.query.weight -> attention/self/query/kernel."""
    stem, _, kind = name.rpartition(".")
    ours = {"weight": "gamma", "bias": "beta"} if stem.endswith("LayerNorm") else {"weight": "kernel", "bias": "bias"}
    return f"{stem}.{ours[kind]}".replace(".", "/")


def _turn(name: str, value: np.ndarray) -> np.ndarray:
    """Dense kernels between [in, out] and [out, in]; all else as it is."""
    return np.ascontiguousarray(value.T) if _is_kernel(name) else value


def _is_kernel(name: str) -> bool:
    return name.startswith("encoder.") and name.endswith(".weight") and "LayerNorm" not in name
