"""The files that prediction reads, in order: named, in folders, elsewhere, or standard input."""

import os
from collections.abc import Iterable
from pathlib import Path

from bert_mrc_theseus.errors import DataError, UsageError, printable
from bert_mrc_theseus.files.packed_files import unpacked_name
from bert_mrc_theseus.files.remote_files import find_remote, is_remote
from bert_mrc_theseus.tables.kinds import SUFFIXES as TABLE_SUFFIXES
from bert_mrc_theseus.tables.kinds import kind_of_name

STDIN = "-"

SUFFIXES = (".txt", ".jsonl", ".ndjson", *TABLE_SUFFIXES)
"""Of the files that a folder is searched for."""

SHOWN = 60
"""Characters of a path in a message: a text that was given as one may be long."""


def find_inputs(paths: Iterable[str]) -> list[str]:
    """The files to read, in order: folders are searched for `SUFFIXES` (compressed too), sorted by name. Tables there whose
    name begins with a dot or an underscore, as others leave beside theirs, are not read.

    Raises:
        UsageError: a path does not exist.
        DataError: a folder has no such file.
    """
    files: list[str] = []
    for path in paths:
        if path == STDIN:
            files.append(path)
        elif is_remote(path) and not os.path.exists(path):
            found = find_remote(path)
            files += found if found == [path] else _searched(found, path)
        elif os.path.isdir(path):
            files += _searched(sorted(str(file) for file in Path(path).rglob("*") if file.is_file()), path)
        elif os.path.exists(path):
            # A file, or a pipe or device that the shell made one of.
            files.append(path)
        else:
            named = path if len(path) <= SHOWN else f"{path[:SHOWN]}..."
            raise UsageError(f"{printable(named)}: no such file or folder (to predict a text: predict --text TEXT)")
    return files


def _searched(files: Iterable[str], folder: str) -> list[str]:
    """Those files of a folder that are read."""
    inside = [
        file
        for file in files
        if unpacked_name(file).endswith(SUFFIXES)
        and not (kind_of_name(file) and os.path.basename(file).startswith((".", "_")))
    ]
    if not inside:
        raise DataError(f"the folder has no file that is read: {', '.join(SUFFIXES)}", folder)
    return inside
