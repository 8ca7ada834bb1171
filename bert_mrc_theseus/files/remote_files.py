"""Files of other machines and stores, named by address (`s3://bucket/name`, `hdfs://...`, `memory://name`): fsspec reads and
writes them. What a kind of address needs beside fsspec (s3fs, pyarrow ...), fsspec says itself.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Any, BinaryIO, cast

from bert_mrc_theseus.errors import DataError, UsageError, UserError
from bert_mrc_theseus.files.foreign_stream import ForeignStream

_ADDRESS = re.compile(r"[A-Za-z][\w+.:-]+://")
_PATTERN = re.compile(r"[*?\[]")


def is_remote(path: str | Path | None) -> bool:
    """Whether a path is an address."""
    return isinstance(path, str) and _ADDRESS.match(path) is not None


def find_remote(address: str) -> list[str]:
    """The files behind an address, sorted by name: of a folder or a pattern such as `s3://bucket/part-*.parquet` several.

    Raises:
        UsageError: there is none, or no such kind of address.
        DataError: it cannot be looked up.
    """
    system, path = _system(address)
    with _lookup(address):
        if _PATTERN.search(path):
            found = [name for name in sorted(system.glob(path)) if system.isfile(name)]
        elif system.isdir(path):
            found = sorted(system.find(path))
        else:
            found = [path] if system.exists(path) else []
    if not found:
        raise UsageError(f"{address}: no such file or folder")
    return [address] if found == [path] else [system.unstrip_protocol(name) for name in found]


def open_remote(address: str) -> BinaryIO:
    """Opens a file for reading bytes.

    Raises:
        DataError: it cannot be opened.
        UsageError: there is no such kind of address.
    """
    system, path = _system(address)
    try:
        return cast(BinaryIO, BufferedReader(ForeignStream(system.open(path, "rb"))))
    except Exception as error:
        raise DataError(f"cannot open: {_said(error)}", address) from error


def check_remote_output(address: str) -> None:
    """Refuses an address that cannot be a file to write.

    Raises:
        UsageError: there is no such kind of address, or it is a folder.
        DataError: it cannot be looked up.
    """
    system, path = _system(address)
    with _lookup(address):
        folder = system.isdir(path)
    if folder or address.endswith("/"):
        raise UsageError(f"{address} is a folder: name a file to write")


def same_remote(one: str, other: str) -> bool:
    """Whether two addresses name one file."""
    (system, path), (other_system, other_path) = _system(one), _system(other)
    return path == other_path and system == other_system


def is_remote_file(address: str) -> bool:
    """Whether there is a file behind an address.

    Raises:
        DataError: it cannot be looked up.
        UsageError: there is no such kind of address.
    """
    system, path = _system(address)
    with _lookup(address):
        return system.isfile(path)


def remote_names(address: str) -> list[str]:
    """The files below a folder, sorted, by their names in it; none, if there is no such folder.

    Raises:
        DataError, UsageError: see `is_remote_file`.
    """
    system, path = _system(address)
    with _lookup(address):
        # What this process knows of a folder is as old as when it last looked.
        system.invalidate_cache()
        found = system.find(path) if system.isdir(path) else []
    return sorted(name[len(path.rstrip("/")) + 1 :] for name in found)


def remote_stamp(address: str) -> tuple[int, str]:
    """Bytes of a file, and what is another one when it has changed.

    Raises:
        DataError, UsageError: see `is_remote_file`.
    """
    system, path = _system(address)
    with _lookup(address):
        return system.size(path), system.ukey(path)


def remote_within(one: str, other: str) -> bool:
    """Whether an address lies in another one, or is the same."""
    (system, path), (other_system, other_path) = _system(one), _system(other)
    return system == other_system and f"{path.rstrip('/')}/".startswith(f"{other_path.rstrip('/')}/")


@contextmanager
def remote_write(address: str) -> Iterator[BinaryIO]:
    """Opens a file of bytes that is written under another name beside its own, and gets its own when the block ends without an
    error. A command that is killed leaves the other one.

    Raises:
        OSError: it cannot be written; its `filename` is the address.
    """
    system, path = _system(address)
    folder, slash, _ = path.rpartition("/")
    beside = f"{folder}{slash}.bert-mrc-theseus-{secrets.token_hex(8)}.new"
    try:
        with _as_os_errors(address):
            with suppress(NotImplementedError):
                system.makedirs(folder or slash, exist_ok=True)
            stream = BufferedWriter(ForeignStream(system.open(beside, "wb")))
        with stream:
            yield cast(BinaryIO, stream)
        with _as_os_errors(address):
            system.mv(beside, path)
    except BaseException:
        with suppress(Exception):
            system.rm(beside)
        raise


@contextmanager
def _lookup(address: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise DataError(f"cannot be looked up: {_said(error)}", address) from error


@contextmanager
def _as_os_errors(address: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise OSError(None, _said(error), address) from error


def _system(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    try:
        import fsspec
    except ImportError as error:
        raise UserError(f"{address} is read and written by fsspec: pip install 'bert-mrc-theseus[remote]'") from error
    try:
        return fsspec.core.url_to_fs(address)
    except ImportError as error:  # fsspec says what to install.
        raise UserError(f"{address}: {error}") from error
    except Exception as error:
        raise UsageError(f"{address}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """What a library says of an error, in one line."""
    strerror = getattr(error, "strerror", None)
    return " ".join((strerror or str(error) or type(error).__name__).split())
