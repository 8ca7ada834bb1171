"""Models by name instead of by folder: "hf:OWNER/NAME" on the Hugging Face hub, "ner-zh-tiny" among those that come along."""

from pathlib import Path

from bert_mrc_theseus.errors import ModelError, UserError, printable
from bert_mrc_theseus.model_files.checksums import CHECKSUMS
from bert_mrc_theseus.model_files.model_folder import CHECKED
from bert_mrc_theseus.package_data import BUNDLED_MODELS, bundled_model

HUB = "hf:"
"""Before the name of a model on the hub; behind it may stand a revision: "hf:OWNER/NAME@v1.0"."""


_SNAPSHOTS = "snapshots"
"""Folder of a model's revisions in the cache: models--OWNER--NAME/snapshots/COMMIT."""


def is_on_hub(place: str | Path) -> bool:
    """Whether a model is named by its name on the hub."""
    return str(place).startswith(HUB)


def is_bundled(place: str | Path) -> bool:
    """Whether a model is named by its name among those that come along; a folder of that name goes first."""
    return str(place) in BUNDLED_MODELS and not Path(place).exists()


def local_model(place: str | Path) -> Path:
    """The folder of a model: a path is that itself; what is on the hub is downloaded, or found in the cache of huggingface-hub.

    Args:
        place: folder, or one of `package_data.BUNDLED_MODELS`, or see `HUB`.

    Raises:
        UserError: huggingface-hub is not installed.
        ModelError: the model is neither on the hub nor in the cache, or the hub cannot be reached; or it comes with a
            distribution that is not installed.
    """
    if is_bundled(place):
        return bundled_model(str(place))
    if not is_on_hub(place):
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


def pinned(place: str | Path, folder: Path) -> str:
    """A model's name on the hub with the revision that was found of it, so that other machines take the same.

    Args:
        place: see `HUB`.
        folder: what `local_model` gave for it.
    """
    return f"{str(place).partition('@')[0]}@{folder.name}"


def model_name(folder: Path) -> str:
    """What a model is called: as its folder; in the cache of huggingface-hub, where that is a commit, as on the hub."""
    path = folder.resolve()
    _, _, name = path.parent.parent.name.partition("--")[2].partition("--")
    return name if name and path.parent.name == _SNAPSHOTS else path.name
