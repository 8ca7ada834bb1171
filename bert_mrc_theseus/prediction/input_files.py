"""The files that prediction reads, in order: named, in folders, elsewhere, or standard input."""

import os
from collections.abc import Iterable

from bert_mrc_theseus.errors import DataError, UsageError, printable
from bert_mrc_theseus.files.listing import files_below, why_not_there
from bert_mrc_theseus.files.packed_files import unpacked_name
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.files.remote_files import find_remote, is_remote
from bert_mrc_theseus.tables.kinds import SUFFIXES as TABLE_SUFFIXES
from bert_mrc_theseus.tables.kinds import kind_of_name

STDIN = "-"

SUFFIXES = (".txt", ".jsonl", ".ndjson", *TABLE_SUFFIXES)
"""Of the files that a folder is searched for."""

SHOWN = 60
"""Characters of a path in a message: a text that was given as one may be long."""


def find_inputs(paths: Iterable[str], on_error: OnError | None = None) -> list[str]:
    """The files to read, in order: folders are searched for `SUFFIXES` (compressed too), sorted by name. Tables there whose
    name begins with a dot or an underscore, as others leave beside theirs, are not read.

    Args:
        paths: files, folders, and "-" for standard input.
        on_error: gets the error of each folder that cannot be searched; by default it is raised.

    Raises:
        UsageError: a path does not exist.
        DataError: a folder has no such file, or see `on_error`.
    """
    closed: list[DataError] = []
    files: list[str] = []
    for path in paths:
        if path == STDIN:
            files.append(path)
        elif is_remote(path) and not os.path.exists(path):
            found = find_remote(path)
            files += found if found == [path] else _searched(found, path)
        elif os.path.isdir(path):
            inside = map(str, files_below(path, None if on_error is None else closed.append))
            files += _searched(inside, path, may_be_empty=bool(closed))
        elif os.path.exists(path):
            # A file, or a pipe or device that the shell made one of.
            files.append(path)
        else:
            named = path if len(path) <= SHOWN else f"{path[:SHOWN]}..."
            raise UsageError(f"{printable(named)}: {why_not_there(path)} (to predict a text: predict --text TEXT)")
    for error in closed:
        if on_error is not None:
            on_error(error)
    return files


def _searched(files: Iterable[str], folder: str, may_be_empty: bool = False) -> list[str]:
    """Those files of a folder that are read."""
    inside = [
        file
        for file in files
        if unpacked_name(file).endswith(SUFFIXES)
        and not (kind_of_name(file) and os.path.basename(file).startswith((".", "_")))
    ]
    if not inside and not may_be_empty:
        raise DataError(f"the folder has no file that is read: {', '.join(SUFFIXES)}", folder)
    return inside
