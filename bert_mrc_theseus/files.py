"""Reading and writing files so that nothing is misread and nothing is half-written.

Text is UTF-8 (a byte order mark is dropped), plain or gzip, and lines end at "\\n" or "\\r\\n" only: the other characters
that `str.splitlines` cuts at, such as U+2028, may stand inside a text. Writes go to a temporary neighbour that replaces the
target in one step.
"""

import errno
import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.exchange import exchange
from bert_mrc_theseus.temporary_files import ASIDE, is_temporary, remove_leftovers, temporary_file, temporary_folder

OnError = Callable[[DataError], None]
"""Gets the error of each record that cannot be read, so that the rest goes on."""

BYTE_ORDER_MARK = "\ufeff"
_BOM = BYTE_ORDER_MARK.encode()


def open_binary(path: str | Path) -> BinaryIO:
    """Opens a plain or `.gz` file for reading bytes.

    Raises:
        DataError: the file is absent, a folder, or not readable.
    """
    try:
        return gzip.open(path, "rb") if str(path).endswith(".gz") else open(path, "rb")  # type: ignore[return-value]
    except OSError as error:
        raise DataError(f"cannot open: {error.strerror}", path) from error


def decode_lines(
    stream: Iterable[bytes], path: str | Path, on_error: OnError | None = None
) -> Iterator[tuple[int, str]]:
    """Yields (1-based line number, line without its line end) of a binary stream.

    Args:
        stream: gives lines of bytes.
        path: for messages.
        on_error: gets the error of a line that is not UTF-8, which is then left out; by default it is raised.

    Raises:
        DataError: a line is not UTF-8 (with its byte position), or the gzip data are damaged.
    """
    number = 0
    lines = iter(stream)
    while True:
        try:
            raw = next(lines)
        except StopIteration:
            return
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot read on: {error}", path, number + 1) from error
        number += 1
        if number == 1:
            raw = raw.removeprefix(_BOM)
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            problem = _not_utf8(raw, error.start, path, number)
            if on_error is None:
                raise problem from error
            on_error(problem)
            continue
        yield number, line.removesuffix("\n").removesuffix("\r")


def read_lines(path: str | Path, on_error: OnError | None = None) -> Iterator[tuple[int, str]]:
    """`decode_lines` of a file; `.gz` is unpacked on the fly."""
    with open_binary(path) as stream:
        yield from decode_lines(stream, path, on_error)


def decode_text(stream: Iterable[bytes], path: str | Path) -> str:
    """The whole text of a binary stream, its line ends as they are.

    Args:
        stream: gives pieces of it.
        path: for messages.

    Raises:
        DataError: it is not UTF-8 (with line and byte position), or the gzip data are damaged.
    """
    try:
        data = b"".join(stream)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read on: {error}", path) from error
    data = data.removeprefix(_BOM)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        number = data.count(b"\n", 0, begin) + 1
        raise _not_utf8(data[begin:], error.start - begin, path, number) from error


def read_text(path: str | Path) -> str:
    """`decode_text` of a file; `.gz` is unpacked.

    Raises:
        DataError: see `open_binary` and `decode_text`.
    """
    with open_binary(path) as stream:
        return decode_text(stream, path)


@contextmanager
def atomic_write(path: str | Path) -> Iterator[IO[str]]:
    """Opens a text file that appears under its name only when the block ends without an error; see `atomic_binary`.

    A name that ends in `.gz` is compressed (without a time stamp, so that equal content gives equal bytes).
    """
    with atomic_binary(path) as raw:
        if str(path).endswith(".gz"):
            with (
                gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
                io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as stream,
            ):
                yield stream
        else:
            with open(raw.fileno(), "w", encoding="utf-8", newline="\n", closefd=False) as stream:
                yield stream


@contextmanager
def atomic_binary(path: str | Path) -> Iterator[BinaryIO]:
    """Opens a file of bytes that appears under its name only when the block ends without an error.

    An existing file keeps its permissions; of a symbolic link the target is replaced. What exists and is no regular file, such
    as a FIFO, a device, or /dev/stdout, cannot be replaced: it is written to, as the bytes come.

    Raises:
        OSError: the file cannot be written; its `filename` is the path, and a note says what is there now.
    """
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
def atomic_folder(path: str | Path, carry: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """Yields an empty temporary folder that replaces `path` when the block ends without an error.

    After any error, and at any moment of a killed command, the folder that stood at `path` stands there still, or the new one
    does. Of a symbolic link the target is replaced. A folder that cannot be replaced, because it is a mount point or the
    current folder, is filled, if it is empty. One that has no file in common with the new one is something else, and is not
    replaced.

    Args:
        path: the folder.
        carry: gets the new folder when it is complete; brings along what is to be kept of the old one, whatever that is.

    Raises:
        OSError: the folder cannot be written or replaced; its `filename` is the path, and a note says what is there now.
    """
    target = Path(os.path.realpath(path))
    fill = cannot_be_replaced(target)
    note = f"{path} is as it was before" if target.exists() else f"{path} was not written"
    with naming_errors(path, note):
        with naming_errors(path, always=True):
            if target.exists() and not target.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
            beside = target if fill else target.parent
            beside.mkdir(parents=True, exist_ok=True)
            remove_leftovers(beside)
            place = ExitStack()
            new = place.enter_context(temporary_folder(beside)) / (target.name or "new")
        with place:
            new.mkdir()
            try:
                yield new
            except OSError as error:
                # Nobody knows the temporary folder, and it will be gone.
                if error.filename is not None and Path(str(error.filename)).is_relative_to(new):
                    error.filename, error.__notes__ = str(path), []
                raise
            with naming_errors(path, always=True):
                _finish(new)
                if carry is not None:
                    carry(new)
                else:
                    _refuse_something_else(new, target)
                _fill(new, target) if fill else _put_in_place(new, target)


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


def check_place(path: str | Path) -> None:
    """For outputs: whether a file or folder of this name can be made, or replaced, where it is to lie.

    Raises:
        UserError: its folder cannot be one, or may not be written to; or the name is too long.
    """
    path = Path(path)
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{path} cannot be written: {reason}") from error
    target = Path(os.path.realpath(path))
    if target.is_dir() and cannot_be_replaced(target):
        folder = target
    else:
        folder = next(parent for parent in target.parents if os.path.lexists(parent))
    if not folder.is_dir():
        raise UserError(f"{path} cannot be written: {folder} is no folder")
    try:
        with temporary_file(folder):
            pass
    except OSError as error:
        raise UserError(f"{path} cannot be written: the folder {folder} takes no files: {error.strerror}") from error


def refuse_existing(path: str | Path) -> None:
    """For outputs that replace nothing.

    Raises:
        UserError: there is something of that name, or see `check_place`.
    """
    if os.path.lexists(path):
        raise UserError(f"{path} exists already: name another folder, or remove it first")
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


def sha256_of(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes as they lie on disk."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _not_utf8(line: bytes, position: int, path: str | Path, number: int) -> DataError:
    return DataError(
        f"not UTF-8: byte 0x{line[position]:02x} at byte {position} of the line",
        path,
        number,
        "convert the file, for example with iconv -f gb18030 -t utf-8",
    )


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


def _opened_through(path: Path) -> BinaryIO | None:
    """What is written to and not replaced, open; None: a regular file, or nothing yet."""
    with naming_errors(path, always=True):
        descriptor = own_descriptor(path)
        if descriptor is not None:
            return os.fdopen(os.dup(descriptor), "wb")
        if path.exists() and not path.is_file():
            return open(path, "wb")
    return None


def _finish(folder: Path) -> None:
    """Everything is on the disk, and as readable as the folder is: some libraries keep what they write from others."""
    readable = stat.S_IMODE(folder.stat().st_mode) & 0o666
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            file.chmod(stat.S_IMODE(file.stat().st_mode) | readable)
            with open(file, "rb") as stream:
                os.fsync(stream.fileno())


def _refuse_something_else(new: Path, target: Path) -> None:
    """Raises OSError if a folder would replace one of another kind."""
    old = {name for name in os.listdir(target) if not is_temporary(name)} if target.is_dir() else set()
    if old and not old & set(os.listdir(new)):
        raise OSError(errno.EEXIST, "it exists already and holds something else", str(target))


def _put_in_place(new: Path, target: Path) -> None:
    """Lets a folder replace another one, or nothing; what was replaced is then where `new` was, or gone."""
    while True:
        if not target.exists():
            try:
                os.rename(new, target)
            except OSError as error:
                # Another command was faster: its folder is replaced.
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                return
        elif exchange(new, target):
            return
        else:
            with temporary_folder(target.parent, ASIDE) as aside:
                os.rename(target, aside / target.name)
                os.rename(new, target)
            return


def _fill(new: Path, target: Path) -> None:
    """Moves a folder's files into an empty one."""
    if any(not is_temporary(entry.name) for entry in target.iterdir()):
        raise OSError(errno.ENOTEMPTY, "it cannot be replaced in one step, and it is not empty", str(target))
    for entry in sorted(new.iterdir()):
        os.rename(entry, target / entry.name)
