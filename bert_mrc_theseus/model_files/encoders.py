"""Encoders of other projects: reading them, and writing a trained model's encoder for them."""

import os
from pathlib import Path

from bert_mrc_theseus.errors import ModelError, UsageError, UserError, printable
from bert_mrc_theseus.files.places import refuse_existing
from bert_mrc_theseus.model_files.e5_small_zh import NAME, load_e5_small_zh
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from bert_mrc_theseus.model_files.huggingface import read_huggingface
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.tensorflow1 import is_tensorflow_checkpoint, read_tensorflow, write_tensorflow


def load_encoder(spec: str | Path) -> EncoderWeights:
    """An encoder by name or place.

    Args:
        spec: "e5-small-zh"; or the folder of a Hugging Face BERT; or a TensorFlow checkpoint of Google's BERT or of the
            original project, as its prefix (`FOLDER/bert_model.ckpt`) or the folder that holds one. Behind a `#` may
            stand which layers of an original project's checkpoint to take, see `read_tensorflow`.

    Raises:
        ModelError: there is no encoder, or it is incomplete or of an unsupported kind.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.model_files.load_encoder("bert").config.num_layers
        4
    """
    if spec == NAME:
        return load_e5_small_zh()
    place, _, branch = str(spec).partition("#")
    if is_tensorflow_checkpoint(place):
        return read_tensorflow(place, branch)
    if not os.path.isdir(place):
        raise ModelError(_no_encoder(spec))
    return read_huggingface(place)


def check_encoder(spec: str | Path) -> None:
    """Looks whether there is something at an encoder's place, before anything is loaded.

    Args:
        spec: see `load_encoder`.

    Raises:
        UsageError: there is not.
    """
    place = str(spec).partition("#")[0]
    if spec != NAME and not is_tensorflow_checkpoint(place) and not os.path.isdir(place):
        raise UsageError(_no_encoder(spec))


def _no_encoder(spec: str | Path) -> str:
    return (
        f"no encoder {printable(spec)!r}: it is {NAME}, the folder of a Hugging Face BERT, or a TensorFlow checkpoint"
    )


def export_encoder(model: str | Path, out: str | Path) -> None:
    """Writes the encoder of a model folder, without its heads, as a TensorFlow checkpoint with Google's names.

    Args:
        model: the model folder.
        out: the folder to write, in one step.

    Raises:
        UsageError: the folder exists already, or is not writable.
        UserError: it cannot be written.
        ModelError: the model cannot be read.
    """
    refuse_existing(out)
    weights = load_model(model).encoder_weights(str(model))
    try:
        write_tensorflow(weights, out)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error}") from error
