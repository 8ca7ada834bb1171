"""Models on the Hugging Face hub: "hf:OWNER/NAME" instead of a folder."""

from pathlib import Path

from bert_mrc_theseus.errors import ModelError, UserError, printable
from bert_mrc_theseus.model_files.checksums import CHECKSUMS
from bert_mrc_theseus.model_files.model_folder import CHECKED

HUB = "hf:"
"""Before the name of a model on the hub; behind it may stand a revision: "hf:OWNER/NAME@v1.0"."""


def local_model(place: str | Path) -> Path:
    """The folder of a model: a path is that itself; what is on the hub is downloaded, or found in the cache of huggingface-hub.

    Args:
        place: folder, or see `HUB`.

    Raises:
        UserError: huggingface-hub is not installed.
        ModelError: the model is neither on the hub nor in the cache, or the hub cannot be reached.
    """
    if not str(place).startswith(HUB):
        return Path(place)
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError
    except ModuleNotFoundError as error:
        raise UserError(f"{error}. {printable(place)} needs it: pip install 'bert-mrc-theseus[hub]'") from error
    name, _, revision = str(place).removeprefix(HUB).partition("@")
    try:
        return Path(snapshot_download(name, revision=revision or None, allow_patterns=[*CHECKED, CHECKSUMS]))
    except (OSError, ValueError, HfHubHTTPError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(
            f"{printable(place)} is neither on the hub nor in the cache, or the hub cannot be reached: {reason}"
        ) from error
