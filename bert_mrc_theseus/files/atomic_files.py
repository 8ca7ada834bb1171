"""Writing files so that nothing is half-written: a temporary neighbour replaces the target in one step."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from bert_mrc_theseus.files.packed_files import is_packed, packing
from bert_mrc_theseus.files.places import own_descriptor
from bert_mrc_theseus.files.remote_files import is_remote, remote_write
from bert_mrc_theseus.files.temporary_files import remove_leftovers, temporary_file


@contextmanager
def atomic_write(path: str | Path) -> Iterator[IO[str]]:
    """Opens a text file that appears under its name only when the block ends without an error; see `atomic_binary`.

    A name that ends in `.gz` or `.zst` is compressed.
    """
    with atomic_binary(path) as raw:
        if is_packed(path):
            with packing(raw, path) as packed, io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as stream:
                yield stream
        elif is_remote(path):
            text = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
            yield text
            text.flush()
            text.detach()
        else:
            with open(raw.fileno(), "w", encoding="utf-8", newline="\n", closefd=False) as stream:
                yield stream


@contextmanager
def atomic_binary(path: str | Path) -> Iterator[BinaryIO]:
    """Opens a file of bytes that appears under its name only when the block ends without an error.

    An existing file keeps its permissions; of a symbolic link the target is replaced. What exists and is no regular file, such
    as a FIFO, a device, or /dev/stdout, cannot be replaced: it is written to, as the bytes come. An address is no path, see
    `remote_files.remote_write`.

    Raises:
        OSError: the file cannot be written; its `filename` is the path, and a note says what is there now.
    """
    if is_remote(path):
        with naming_errors(path), remote_write(str(path)) as stream:
            yield stream
        return
    opened = _opened_through(Path(path))
    if opened is not None:
        with naming_errors(path), opened:
            yield opened
        return
    target = Path(os.path.realpath(path))
    note = f"{path} is as it was before" if target.exists() else f"{path} was not written"
    with naming_errors(path, note):
        with naming_errors(path, always=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(target.parent)
            place = ExitStack()
            temporary, raw = place.enter_context(temporary_file(target.parent))
        with place:
            keep_rights(target, temporary)
            yield raw
            with naming_errors(path, always=True):
                raw.flush()
                os.fsync(raw.fileno())
                if os.name == "nt":  # An open file cannot be renamed there.
                    raw.close()
                os.replace(temporary, target)


@contextmanager
def naming_errors(path: str | Path, note: str = "", always: bool = False) -> Iterator[None]:
    """An OSError that says no file, as those of streams do, gets the name of an output.

    Args:
        path: the output.
        note: what is there now.
        always: names of other files, which nobody knows, are replaced.
    """
    try:
        yield
    except OSError as error:
        if always or error.filename is None:
            error.filename = str(path)
            if error.filename2 is not None:
                del error.filename2
        if note and error.filename == str(path):
            error.add_note(note)
        raise


def keep_rights(old: Path, new: Path) -> None:
    """Gives a file that will replace another one its permissions and, where that is allowed, its owner."""
    try:
        kept = os.stat(old)
    except FileNotFoundError:
        return
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(new, kept.st_uid, kept.st_gid)
    os.chmod(new, stat.S_IMODE(kept.st_mode))


def _opened_through(path: Path) -> BinaryIO | None:
    """What is written to and not replaced, open; None: a regular file, or nothing yet."""
    with naming_errors(path, always=True):
        descriptor = own_descriptor(path)
        if descriptor is not None:
            return os.fdopen(os.dup(descriptor), "wb")
        if path.exists() and not path.is_file():
            return open(path, "wb")
    return None
