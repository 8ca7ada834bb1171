"""A trained model's encoder in the formats of other projects."""

from pathlib import Path

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files import refuse_existing
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.tensorflow1 import write_tensorflow

TARGETS = {"hf": write_huggingface, "tf": write_tensorflow}


def export_encoder(model: str | Path, target: str, out: str | Path) -> None:
    """Writes the encoder of a model folder, without its heads.

    Args:
        model: the model folder.
        target: "hf" for a Hugging Face BERT folder, "tf" for a TensorFlow checkpoint with Google's names.
        out: the folder to write, in one step.

    Raises:
        UserError: unknown target, or the folder exists already, or is not writable.
        ModelError: the model cannot be read.
    """
    if target not in TARGETS:
        raise UserError(f"an encoder is exported to onnx, or to one of {', '.join(TARGETS)}. Received: {target!r}")
    refuse_existing(out)
    weights = load_model(model).encoder_weights(str(model))
    try:
        TARGETS[target](weights, out)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error}") from error
