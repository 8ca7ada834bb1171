"""Where the package's own data lie: queries, its own corpora, the model that comes along; and what is kept between runs."""

import os
from importlib import resources
from pathlib import Path

from bert_mrc_theseus.errors import ModelError

CACHE = "BMT_CACHE"
"""Variable that names the cache folder."""

BUNDLED = "ner-zh-small"


def data_folder() -> Path:
    """The folder `data`, with `queries/`, `sample/`, `grammar/` and `models/`; in the repository also `today/`."""
    return Path(str(resources.files("bert_mrc_theseus.data")))


def bundled_model() -> Path:
    """Folder of the model for persons, places and organisations; see the README.md in it.

    Raises:
        ModelError: this installation has none.
    """
    folder = data_folder() / "models" / BUNDLED
    if not folder.is_dir():
        raise ModelError(f"{BUNDLED} is not part of this installation: name a model folder (predict --model)")
    return folder


def cache_folder() -> Path:
    """Where what is downloaded or made once is kept: `$BMT_CACHE`, else `~/.cache/bert-mrc-theseus`."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "bert-mrc-theseus")
