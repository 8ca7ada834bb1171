"""Where the package's own data lie: queries, its own corpora, the model that comes along; and what is kept between runs."""

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


def bundled_model() -> Path:
    """Folder of the model for persons, places and organisations; see the README.md in it.

    Raises:
        ModelError: this installation has none.
    """
    own = data_folder() / "models" / BUNDLED
    if own.is_dir():
        return own
    installed = find_spec(MODELS)
    # It holds data alone: a package without a module.
    for place in (installed.submodule_search_locations if installed else None) or ():
        if (Path(place) / BUNDLED).is_dir():
            return Path(place) / BUNDLED
    raise ModelError(f"{BUNDLED} is not installed: pip install bert-mrc-theseus-models, or name a model folder")


def cache_folder() -> Path:
    """Where what is downloaded or made once is kept: `$BMT_CACHE`, else `~/.cache/bert-mrc-theseus`."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "bert-mrc-theseus")
