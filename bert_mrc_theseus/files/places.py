"""Where something can be written: asked before any work begins."""

import os
from pathlib import Path

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.files.temporary_files import temporary_file


def check_place(path: str | Path) -> None:
    """For outputs: whether a file or folder of this name can be made, or replaced, where it is to lie.

    Raises:
        UsageError: its folder cannot be one, or may not be written to; or the name is too long.
    """
    path = Path(path)
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be written: {reason}") from error
    target = Path(os.path.realpath(path))
    if target.is_dir() and cannot_be_replaced(target):
        folder = target
    else:
        folder = next(parent for parent in target.parents if os.path.lexists(parent))
    if not folder.is_dir():
        raise UsageError(f"{path} cannot be written: {folder} is no folder")
    try:
        with temporary_file(folder):
            pass
    except OSError as error:
        raise UsageError(f"{path} cannot be written: the folder {folder} takes no files: {error.strerror}") from error


def refuse_existing(path: str | Path) -> None:
    """For outputs that replace nothing.

    Raises:
        UsageError: there is something of that name, or see `check_place`.
    """
    if os.path.lexists(path):
        raise UsageError(f"{path} exists already: name another folder, or remove it first")
    check_place(path)


def cannot_be_replaced(folder: Path) -> bool:
    """Whether an existing folder can only be filled: a mount point, where a process stands, or below what is not writable."""
    if not folder.is_dir():
        return False
    try:
        inside = Path(os.getcwd()).is_relative_to(folder)
    except FileNotFoundError:  # It has been removed.
        inside = False
    return inside or os.path.ismount(folder) or not os.access(folder.parent, os.W_OK | os.X_OK)


def own_descriptor(path: Path) -> int | None:
    """Which open file of this process a path such as /dev/stdout or /dev/fd/63 names."""
    for _ in range(40):  # As many links as the kernel follows.
        folder = os.path.realpath(path.parent)
        if folder in ("/dev/fd", f"/proc/{os.getpid()}/fd") and path.name.isdecimal():
            return int(path.name)
        if not os.path.islink(path):
            return None
        path = Path(folder, os.readlink(path))
    return None
