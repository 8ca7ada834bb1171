"""What can be read in a folder, and why something cannot be found: nothing is passed over in silence."""

import os
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import OnError


def files_below(folder: str | Path, on_error: OnError | None = None) -> list[Path]:
    """What can be read in a folder and in the folders in it, by name; links to folders are not followed.

    A file that cannot be looked at, such as a link to nothing, is among them: whoever opens it learns why.

    Args:
        folder: to search.
        on_error: gets the error of each folder that cannot be searched; by default it is raised.

    Raises:
        DataError: see `on_error`.
    """

    def refuse(error: OSError) -> None:
        problem = DataError(f"cannot search the folder: {error.strerror}", error.filename)
        if on_error is None:
            raise problem from error
        on_error(problem)

    found = [os.path.join(place, name) for place, _, names in os.walk(folder, onerror=refuse) for name in names]
    return [Path(file) for file in sorted(found) if os.path.isfile(file) or not os.path.exists(file)]


def why_not_there(path: str | Path) -> str:
    """What to say of a path at which nothing can be found."""
    try:
        os.stat(path)
    except PermissionError as error:
        return error.strerror or str(error)
    except (OSError, ValueError):
        pass
    return "no such file or folder"
