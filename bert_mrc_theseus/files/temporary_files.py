"""Temporary files and folders beside an output, and those that killed commands left there.

A temporary file or folder is locked for as long as its command lives. One that nobody has locked was left by a command that
was killed: whoever writes beside it next removes it, and puts back what was set aside in it. Where locks are unknown (Windows,
some network file systems) nothing is taken for a leftover.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NEW, ASIDE = "new", "aside"
"""Kinds of temporary files: what is being written; a folder that holds another, which makes room for a new one."""

_NAME = re.compile(rf"\.bert-mrc-theseus-[0-9a-f]{{16}}\.({NEW}|{ASIDE})")
"""Short, so that it can stand beside a name of any length."""


def is_temporary(name: str) -> bool:
    """Whether a file's name is one that this module gives."""
    return _NAME.fullmatch(name) is not None


@contextmanager
def temporary_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file in a folder, open for writing; it is removed at the end, if it still has its name."""
    while True:
        path = folder / _new_name(NEW)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        if _own(path, descriptor):
            break
        os.close(descriptor)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield path, stream
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def temporary_folder(folder: Path, kind: str = NEW) -> Iterator[Path]:
    """A new folder in another one; it is removed at the end, and what was set aside in it put back if its place is free."""
    while True:
        path = folder / _new_name(kind)
        path.mkdir()
        descriptor = None
        if fcntl is None:
            break
        # Another process may have taken it for a leftover already.
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            if _own(path, descriptor):
                break
            os.close(descriptor)
    try:
        yield path
    finally:
        _clear(path)
        if descriptor is not None:
            os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Removes what killed commands left in a folder, and puts back what they had set aside."""
    if fcntl is None:
        return
    try:
        names = [name for name in os.listdir(folder) if is_temporary(name)]
    except OSError:
        return
    for name in names:
        path = folder / name
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if try_lock(descriptor, without_locks=False):
                    _clear(path)
            finally:
                os.close(descriptor)


def try_lock(descriptor: int, without_locks: bool = True) -> bool:
    """Locks an open file, until it is closed.

    Args:
        descriptor: of the file.
        without_locks: the answer where this system, or this file system, has no locks.

    Returns:
        Whether no other process has the lock.
    """
    if fcntl is None:
        return without_locks
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return without_locks
    return True


def _new_name(kind: str) -> str:
    return f".bert-mrc-theseus-{secrets.token_hex(8)}.{kind}"


def _own(path: Path, descriptor: int) -> bool:
    """Locks a new file; False: another process took it for a leftover before it was locked."""
    try:
        return try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _clear(path: Path) -> None:
    """Removes a temporary file or folder; a folder that was set aside goes back if nothing stands in its place."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    if path.name.endswith(f".{ASIDE}"):
        for kept in path.iterdir():
            if not os.path.lexists(path.parent / kept.name):
                try:
                    os.rename(kept, path.parent / kept.name)
                except OSError:  # It must not be removed: the next write tries again.
                    return
    shutil.rmtree(path, ignore_errors=True)
