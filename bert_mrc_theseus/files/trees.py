"""Folders and the files below them, on this machine (`Path`) or elsewhere (an address, see `remote_files`)."""

from pathlib import Path

from bert_mrc_theseus.files.remote_files import is_remote, is_remote_file, remote_names, remote_stamp

Place = Path | str
"""A path of this machine, or an address."""


def place_of(given: str) -> Place:
    """What a user named; paths are made absolute."""
    return given if is_remote(given) else Path(given).absolute()


def below(folder: Place, name: str) -> Place:
    """The place of a name in a folder."""
    return f"{folder.rstrip('/')}/{name}" if isinstance(folder, str) else folder / name


def is_file(place: Place) -> bool:
    """Whether there is a file.

    Raises:
        DataError, UsageError: see `remote_files.is_remote_file`.
    """
    return is_remote_file(place) if isinstance(place, str) else place.is_file()


def names_below(folder: Place) -> list[str]:
    """The files below a folder, sorted, by their names in it; none, if there is no such folder.

    Raises:
        DataError, UsageError: see `remote_files.is_remote_file`.
    """
    if isinstance(folder, str):
        return remote_names(folder)
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def stamp(file: Place) -> tuple[int, int | str]:
    """Bytes of a file, and what is another one when it has changed: its time, or what fsspec tells it by.

    Raises:
        DataError, UsageError: see `remote_files.is_remote_file`.
    """
    if isinstance(file, str):
        return remote_stamp(file)
    found = file.stat()
    return found.st_size, found.st_mtime_ns
