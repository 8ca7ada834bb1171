"""Where the package's own data lie: queries, its own corpora, the models that come along; and what is kept between runs."""

import os
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from bert_mrc_theseus.errors import ModelError, UserError

DATA = "bert_mrc_theseus.data"
"""Package of the folder `data`."""

CACHE = "BMT_CACHE"
"""Variable that names the cache folder."""

BUNDLED = "ner-zh-small"
"""The model that is taken when none is named."""

BUNDLED_MODELS = (BUNDLED, "ner-zh-tiny")
"""Names of the models that come along; they stand for their folders."""

MODELS = "bert_mrc_theseus_models"
"""Package of the distribution bert-mrc-theseus-models, which is built from the folder `data/models`."""


def data_folder() -> Path:
    """The folder `data`, with `queries/`, `sample/` and `grammar/`; in a clone, and installed from one, also `models/`; in a
    clone `today/`.

    Raises:
        UserError: this is a clone, and what is installed is a copy of it.
    """
    try:
        return Path(str(resources.files(DATA)))
    except ModuleNotFoundError as error:
        clone = Path(__file__).parents[1]
        raise UserError(
            f"{clone}: Python reads the code of this folder, but what is installed is a copy: pip install -e . here, or "
            "work in another folder"
        ) from error


def bundled_model(name: str = BUNDLED) -> Path:
    """Folder of a model for persons, places and organisations; see the README.md in it.

    Args:
        name: one of `BUNDLED_MODELS`.

    Raises:
        ModelError: this installation does not have it.
    """
    own = data_folder() / "models" / name
    if own.is_dir():
        return own
    installed = find_spec(MODELS)
    # It holds data alone: a package without a module.
    for place in (installed.submodule_search_locations if installed else None) or ():
        if (Path(place) / name).is_dir():
            return Path(place) / name
    raise ModelError(f"{name} is not installed: pip install bert-mrc-theseus-models, or name a model folder")


def cache_folder() -> Path:
    """Where what is downloaded or made once is kept: `$BMT_CACHE`, else `~/.cache/bert-mrc-theseus`."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "bert-mrc-theseus")


def private_cache_folder() -> Path | None:
    """The cache folder, made where there is none; None if it cannot be, or if others may write to it.

    For what is trusted when it is read back.
    """
    try:
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError):  # RuntimeError: nobody's home.
        return None
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        return None
    return folder
