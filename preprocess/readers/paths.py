"""Paths that name more than a file: `PATH#FOLDER` inside of an archive, and the pair `CHARACTERS,TAGS`.

Both signs may stand in a name: what exists as it is written is that, and only then is a path cut.
"""

import os
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.listing import files_below


def archive_and_folder(path: str | Path) -> tuple[Path, str]:
    """An archive (or folder), and the name of the folder in it that is meant; "": all of it."""
    text = str(path)
    if not os.path.exists(text):
        for place in (i for i in range(len(text) - 1, 0, -1) if text[i] == "#"):
            if os.path.exists(text[:place]):
                return Path(text[:place]), text[place + 1 :]
    return Path(text), ""


def pair_of(path: str | Path) -> tuple[str, str] | None:
    """Both files of a pair, or None if the path has no comma: cut where both exist, else at the last comma."""
    text = str(path)
    cuts = [(text[:i], text[i + 1 :]) for i, char in enumerate(text) if char == ","]
    both = (pair for pair in cuts if all(map(os.path.exists, pair)))
    return next(both, cuts[-1] if cuts else None)


def is_there(path: str | Path) -> bool:
    """Whether there is something to read behind a path."""
    pair = pair_of(path)
    return os.path.exists(archive_and_folder(path)[0]) or (pair is not None and all(map(os.path.exists, pair)))


def source_files(path: str | Path) -> list[Path]:
    """The files behind a path: a file, those of a folder, an archive, or both of a pair."""
    archive, _ = archive_and_folder(path)
    pair = None if archive.exists() else pair_of(path)
    parts = [archive] if pair is None else list(map(Path, pair))
    return [
        file for part in parts for file in (files_below(part, _pass) if part.is_dir() else [part]) if file.is_file()
    ]


def _pass(error: DataError) -> None:
    """Readers report it."""
