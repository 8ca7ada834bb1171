"""Reading and writing encoder weights in the formats of other projects."""

from pathlib import Path

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.e5_small_zh import NAME, load_e5_small_zh
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from bert_mrc_theseus.model_files.huggingface import read_huggingface
from bert_mrc_theseus.model_files.tensorflow1 import is_tensorflow_checkpoint, read_tensorflow


def load_encoder(spec: str | Path) -> EncoderWeights:
    """An encoder by name or place.

    Args:
        spec: "e5-small-zh"; or the folder of a Hugging Face BERT; or a TensorFlow checkpoint of Google's BERT or of the
            original project, as its prefix (`FOLDER/bert_model.ckpt`) or the folder that holds one. Behind a `#` may
            stand which layers of an original project's checkpoint to take, see `read_tensorflow`.

    Raises:
        ModelError: there is no encoder, or it is incomplete or of an unsupported kind.
    """
    if spec == NAME:
        return load_e5_small_zh()
    place, _, branch = str(spec).partition("#")
    if is_tensorflow_checkpoint(place):
        return read_tensorflow(place, branch)
    if not Path(place).is_dir():
        raise ModelError(
            f"no encoder {str(spec)!r}: it is {NAME}, the folder of a Hugging Face BERT, or a TensorFlow checkpoint"
        )
    return read_huggingface(place)
