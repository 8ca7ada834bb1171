"""The model that comes with the package."""

from importlib import resources
from pathlib import Path

from bert_mrc_theseus.errors import ModelError

BUNDLED = "ner-zh-small"


def bundled_model() -> Path:
    """Folder of the model for persons, places and organisations; see the README.md in it.

    Raises:
        ModelError: this installation has none.
    """
    folder = Path(str(resources.files("bert_mrc_theseus.data"))) / "models" / BUNDLED
    if not folder.is_dir():
        raise ModelError(f"{BUNDLED} is not part of this installation: name a model folder (predict --model)")
    return folder
