"""Reading and writing files so that nothing is misread and nothing is half-written.

Text is UTF-8 unless an encoding is named (a byte order mark is dropped), plain or gzip, and lines end at "\\n" or "\\r\\n"
only: the other characters that `str.splitlines` cuts at, such as U+2028, may stand inside a text. Writes go to a temporary
neighbour that replaces the target in one step.
"""

import codecs
import errno
import gzip
import hashlib
import io
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, BinaryIO

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.exchange import exchange
from bert_mrc_theseus.temporary_files import ASIDE, is_temporary, remove_leftovers, temporary_file, temporary_folder
from bert_mrc_theseus.text_encoding import (
    DEFAULT_ENCODING,
    check_encoding,
    is_wide,
    not_decodable,
    refuse_no_text,
)

OnError = Callable[[DataError], None]
"""Gets the error of each record that cannot be read, so that the rest goes on."""

BYTE_ORDER_MARK = "\ufeff"
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character beyond U+FFFF: no text holds one, and no file of UTF-8 can."""

LONGEST_LINE = 2**24
"""Bytes of a line: a document, or a record of JSONL. Longer ones are left out like others that cannot be read."""

LARGEST_TEXT = 2**28
"""Bytes of what is read whole, unpacked: JSON that is a list, files that are one document, query files."""

PIECE = 2**20
"""Bytes that are read at a time."""

_BOM = BYTE_ORDER_MARK.encode()


def is_packed(path: str | Path) -> bool:
    """Whether a file is gzip, by its name."""
    return str(path).lower().endswith(".gz")


def open_binary(path: str | Path) -> BinaryIO:
    """Opens a plain or `.gz` file for reading bytes.

    Raises:
        DataError: the file is absent, a folder, or not readable.
    """
    try:
        return gzip.open(path, "rb") if is_packed(path) else open(path, "rb")  # type: ignore[return-value]
    except OSError as error:
        raise DataError(f"cannot open: {error.strerror}", path) from error
    except ValueError as error:
        raise DataError(f"cannot open: {error}", path) from error


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
        return error.strerror
    except (OSError, ValueError):
        pass
    return "no such file or folder"


def raw_pieces(
    stream: Iterable[bytes], path: str | Path, encoding: str = DEFAULT_ENCODING
) -> Iterator[tuple[int, bytes]]:
    """Yields (1-based number of the line, bytes) of the lines of a binary stream, long ones in several pieces.

    Args:
        stream: a file; or what gives pieces that are in memory already, each of which counts as a line.
        path: for messages.
        encoding: what the text should be in, see `text_encoding.refuse_no_text`.

    Raises:
        DataError: the data cannot be read, are damaged gzip, or are no text.
    """
    readline = getattr(stream, "readline", None)
    pieces = iter(stream) if readline is None else iter(partial(readline, PIECE), b"")
    number, first = 1, True
    while True:
        try:
            raw = next(pieces)
        except StopIteration:
            return
        except gzip.BadGzipFile as error:
            hint = "is it gzip, as the .gz of its name says, and whole?"
            raise DataError(f"cannot read on: {error}", path, number, hint) from error
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot read on: {getattr(error, 'strerror', None) or error}", path, number) from error
        if first:
            refuse_no_text(raw, path, encoding)
            first = False
        yield number, raw
        number += readline is None or raw.endswith(b"\n")


def raw_lines(
    stream: Iterable[bytes], path: str | Path, encoding: str = DEFAULT_ENCODING, on_error: OnError | None = None
) -> Iterator[tuple[int, bytes]]:
    """Yields (1-based number, bytes with the line feed) of each line of a binary stream.

    Args:
        stream, path, encoding: see `raw_pieces`.
        on_error: gets the error of a line that is longer than `LONGEST_LINE`, which is then left out; by default it is raised.

    Raises:
        DataError: see `raw_pieces` and `on_error`.
    """
    for number, pieces in groupby(raw_pieces(stream, path, encoding), key=itemgetter(0)):
        held: list[bytes] = []
        size = 0
        for _, piece in pieces:
            size += len(piece)
            if size > LONGEST_LINE:
                held.clear()
                if on_error is None:
                    raise _too_long(path, number)
            else:
                held.append(piece)
        if size > LONGEST_LINE and on_error is not None:
            on_error(_too_long(path, number))
        else:
            yield number, b"".join(held)


def decode_lines(
    stream: Iterable[bytes],
    path: str | Path,
    on_error: OnError | None = None,
    encoding: str = DEFAULT_ENCODING,
    keep_mark: bool = False,
) -> Iterator[tuple[int, str]]:
    """Yields (1-based line number, line without its line end) of a binary stream.

    Args:
        stream: gives lines of bytes.
        path: for messages.
        on_error: gets the error of a line that is not in the encoding, or too long, which is then left out; by default it is
            raised.
        encoding: of the text.
        keep_mark: a byte order mark is not dropped.

    Raises:
        DataError: a line is not in the encoding (with its byte position), or see `raw_lines`.
        UsageError: there is no such encoding.
    """
    encoding = check_encoding(encoding)
    if is_wide(encoding):
        lines = _wide_lines(raw_pieces(stream, path, encoding), path, encoding, LONGEST_LINE)
    else:
        lines = _narrow_lines(raw_lines(stream, path, encoding, on_error), path, encoding)
    for number, line in lines:
        if isinstance(line, DataError):
            if on_error is None:
                raise line
            on_error(line)
            continue
        if number == 1 and not keep_mark:
            line = line.removeprefix(BYTE_ORDER_MARK)
        yield number, line.removesuffix("\n").removesuffix("\r")


def read_lines(
    path: str | Path,
    on_error: OnError | None = None,
    encoding: str = DEFAULT_ENCODING,
    keep_mark: bool = False,
) -> Iterator[tuple[int, str]]:
    """`decode_lines` of a file; `.gz` is unpacked on the fly."""
    with open_binary(path) as stream:
        yield from decode_lines(stream, path, on_error, encoding, keep_mark)


def decode_text(
    stream: Iterable[bytes], path: str | Path, encoding: str = DEFAULT_ENCODING, keep_mark: bool = False
) -> str:
    """The whole text of a binary stream, its line ends as they are.

    Args:
        stream: gives pieces of it.
        path: for messages.
        encoding: of the text.
        keep_mark: a byte order mark is not dropped.

    Raises:
        DataError: it is not in the encoding (with line and byte position), larger than `LARGEST_TEXT`, or see `raw_pieces`.
        UsageError: there is no such encoding.
    """
    encoding = check_encoding(encoding)
    pieces, size = [], 0
    for _, piece in raw_pieces(stream, path, encoding):
        size += len(piece)
        refuse_large(size, path)
        pieces.append(piece)
    numbered = enumerate(io.BytesIO(b"".join(pieces)), 1)
    pieces.clear()
    lines = []
    decoded = _wide_lines(numbered, path, encoding) if is_wide(encoding) else _narrow_lines(numbered, path, encoding)
    for _, line in decoded:
        if isinstance(line, DataError):
            raise line
        lines.append(line)
    text = "".join(lines)
    return text if keep_mark else text.removeprefix(BYTE_ORDER_MARK)


def refuse_large(size: int, path: str | Path) -> None:
    """Refuses what has more bytes than `LARGEST_TEXT`.

    Raises:
        DataError: it has.
    """
    if size > LARGEST_TEXT:
        raise DataError(f"too large to be read whole: more than {LARGEST_TEXT:,} bytes", path, hint="cut it into files")


def read_text(path: str | Path, encoding: str = DEFAULT_ENCODING) -> str:
    """`decode_text` of a file; `.gz` is unpacked.

    Raises:
        DataError: see `open_binary` and `decode_text`.
    """
    with open_binary(path) as stream:
        return decode_text(stream, path, encoding)


def _narrow_lines(
    numbered: Iterable[tuple[int, bytes]], path: str | Path, encoding: str
) -> Iterator[tuple[int, str | DataError]]:
    """Numbered lines with their line feeds, or what is wrong with a line."""
    for number, raw in numbered:
        yield number, _line(raw, path, number, encoding)


def _too_long(path: str | Path, number: int) -> DataError:
    return DataError(f"a line of more than {LONGEST_LINE:,} bytes", path, number, "cut it into several lines")


def _line(raw: bytes, path: str | Path, number: int, encoding: str) -> str | DataError:
    try:
        line = raw.decode(encoding)
    except UnicodeDecodeError as error:
        # A byte order mark is no part of the line in which the position counts.
        position = error.start - (len(_BOM) if number == 1 and raw.startswith(_BOM) else 0)
        return not_decodable(f"byte 0x{raw[error.start]:02x} at byte {position} of the line", path, number, encoding)
    except ValueError as error:
        return not_decodable(str(error), path, number, encoding)
    # Some of Python's codecs, such as UTF-7, let halves of characters pass.
    if encoding != DEFAULT_ENCODING and SURROGATE.search(line):
        return not_decodable("half of a character", path, number, encoding)
    return line


def _wide_lines(
    numbered: Iterable[tuple[int, bytes]], path: str | Path, encoding: str, longest: int = LARGEST_TEXT
) -> Iterator[tuple[int, str | DataError]]:
    """Lines of UTF-16 or UTF-32, decoded before they are told; half of a character, or more characters than `longest` bytes
    have, spoil their own line only.
    """
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    number, held, size = 1, [""], 0
    longest //= len("\n".encode(encoding))

    def line(end: str) -> str | DataError:
        if size > longest:
            return _too_long(path, number)
        text = "".join(held) + end
        return not_decodable("half of a character", path, number, encoding) if SURROGATE.search(text) else text

    try:
        for _, piece in numbered:
            first, *more = decoder.decode(piece).split("\n")
            size += len(first)
            held = [*held, first] if size <= longest else [first]
            for following in more:
                yield number, line("\n")
                number, held, size = number + 1, [following], len(following)
        held.append(decoder.decode(b"", final=True))
    except ValueError as error:
        raise not_decodable(getattr(error, "reason", str(error)), path, number, encoding) from error
    if any(held):
        yield number, line("")


@contextmanager
def atomic_write(path: str | Path) -> Iterator[IO[str]]:
    """Opens a text file that appears under its name only when the block ends without an error; see `atomic_binary`.

    A name that ends in `.gz` is compressed (without a time stamp, so that equal content gives equal bytes).
    """
    with atomic_binary(path) as raw:
        if is_packed(path):
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
