"""Models as a command line names them: a folder, hf:OWNER/NAME for one on the Hugging Face hub, or one that comes along.

Nothing is fetched while a command line is read: a command calls `model_files.hub.local_model` when all else has been looked at.
"""

import os
from pathlib import Path
from typing import Any

import typer

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.hub import is_bundled, is_on_hub
from bert_mrc_theseus.package_data import bundled_model


def model_place(given: str) -> Path:
    """The folder, or the name on the hub as it is.

    Raises:
        typer.BadParameter: there is no such folder.
    """
    if is_bundled(given):
        try:
            return bundled_model(given)
        except ModelError as error:
            raise typer.BadParameter(str(error)) from error
    path = Path(given)
    if not is_on_hub(given):
        if not os.path.exists(path):
            raise typer.BadParameter(f"Directory {given!r} does not exist.")
        if not os.path.isdir(path):
            raise typer.BadParameter(f"Directory {given!r} is a file.")
        if not os.access(path, os.R_OK):
            raise typer.BadParameter(f"Directory {given!r} is not readable.")
    return path


MODEL_PLACE: dict[str, Any] = {"parser": model_place, "metavar": "MODEL", "exists": True, "file_okay": False}
"""Of an option or argument that names a model. What it says of a folder `model_place` checks, and Typer no longer."""
