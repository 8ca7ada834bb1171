"""Reading and writing files so that nothing is misread and nothing is half-written.

Text is UTF-8 unless an encoding is named (a byte order mark is dropped), plain or gzip, and lines end at "\\n" or "\\r\\n"
only: the other characters that `str.splitlines` cuts at, such as U+2028, may stand inside a text. Writes go to a temporary
neighbour that replaces the target in one step.
"""

import codecs
import gzip
import hashlib
import io
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from bert_mrc_theseus.errors import DataError, UserError
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

_BOM = BYTE_ORDER_MARK.encode()


def open_binary(path: str | Path) -> BinaryIO:
    """Opens a plain or `.gz` file for reading bytes.

    Raises:
        DataError: the file is absent, a folder, or not readable.
    """
    packed = str(path).lower().endswith(".gz")
    try:
        return gzip.open(path, "rb") if packed else open(path, "rb")  # type: ignore[return-value]
    except OSError as error:
        raise DataError(f"cannot open: {error.strerror}", path) from error
    except ValueError as error:
        raise DataError(f"cannot open: {error}", path) from error


def raw_lines(
    stream: Iterable[bytes], path: str | Path, encoding: str = DEFAULT_ENCODING
) -> Iterator[tuple[int, bytes]]:
    """Yields (1-based number, bytes) of the pieces that a binary stream gives: the lines, if it is a file.

    Args:
        stream: gives lines or other pieces.
        path: for messages.
        encoding: what the text should be in, see `text_encoding.refuse_no_text`.

    Raises:
        DataError: the data cannot be read, are damaged gzip, or are no text.
    """
    pieces, number = iter(stream), 1
    while True:
        try:
            raw = next(pieces)
        except StopIteration:
            return
        except gzip.BadGzipFile as error:
            hint = "is it gzip, as the .gz of its name says, and whole?"
            raise DataError(f"cannot read on: {error}", path, number, hint) from error
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot read on: {error}", path, number) from error
        if number == 1:
            refuse_no_text(raw, path, encoding)
        yield number, raw
        number += 1


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
        on_error: gets the error of a line that is not in the encoding, which is then left out; by default it is raised.
        encoding: of the text.
        keep_mark: a byte order mark is not dropped.

    Raises:
        DataError: a line is not in the encoding (with its byte position), or see `raw_lines`.
        UserError: there is no such encoding.
    """
    encoding = check_encoding(encoding)
    for number, line in _decoded(raw_lines(stream, path, encoding), path, encoding):
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
        DataError: it is not in the encoding (with line and byte position), or see `raw_lines`.
        UserError: there is no such encoding.
    """
    encoding = check_encoding(encoding)
    data = b"".join(raw for _, raw in raw_lines(stream, path, encoding))
    lines = []
    for _, line in _decoded(enumerate(io.BytesIO(data), 1), path, encoding):
        if isinstance(line, DataError):
            raise line
        lines.append(line)
    text = "".join(lines)
    return text if keep_mark else text.removeprefix(BYTE_ORDER_MARK)


def read_text(path: str | Path, encoding: str = DEFAULT_ENCODING) -> str:
    """`decode_text` of a file; `.gz` is unpacked.

    Raises:
        DataError: see `open_binary` and `decode_text`.
    """
    with open_binary(path) as stream:
        return decode_text(stream, path, encoding)


def _decoded(
    numbered: Iterable[tuple[int, bytes]], path: str | Path, encoding: str
) -> Iterator[tuple[int, str | DataError]]:
    """Numbered lines with their line feeds, or what is wrong with a line."""
    if is_wide(encoding):
        yield from _wide_lines(numbered, path, encoding)
        return
    for number, raw in numbered:
        yield number, _line(raw, path, number, encoding)


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
    numbered: Iterable[tuple[int, bytes]], path: str | Path, encoding: str
) -> Iterator[tuple[int, str | DataError]]:
    """Lines of UTF-16 or UTF-32, decoded before they are told; half of a character spoils its own line only."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    number, held = 1, [""]

    def line(end: str) -> str | DataError:
        text = "".join(held) + end
        return not_decodable("half of a character", path, number, encoding) if SURROGATE.search(text) else text

    try:
        for _, piece in numbered:
            first, *more = decoder.decode(piece).split("\n")
            held.append(first)
            for following in more:
                yield number, line("\n")
                number, held = number + 1, [following]
        held.append(decoder.decode(b"", final=True))
    except ValueError as error:
        raise not_decodable(getattr(error, "reason", str(error)), path, number, encoding) from error
    if any(held):
        yield number, line("")


@contextmanager
def atomic_write(path: str | Path) -> Iterator[IO[str]]:
    """Opens a text file that appears under its name only when the block ends without an error.

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
    """Opens a file of bytes that appears under its name only when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yields an empty temporary folder that replaces `path` when the block ends without an error.

    After any error what stood at `path` stands there still.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield temporary
        os.chmod(temporary, 0o777 & ~_umask())
        for file in temporary.rglob("*"):
            if file.is_file():
                with open(file, "rb") as stream:
                    os.fsync(stream.fileno())
        old = temporary.with_name(temporary.name + ".old")
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(temporary, path)
        except BaseException:
            if old.exists():
                os.replace(old, path)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def refuse_existing(path: str | Path) -> None:
    """For outputs that replace nothing.

    Raises:
        UserError: there is something of that name.
    """
    if Path(path).exists():
        raise UserError(f"{path} exists already: name another folder, or remove it first")


def sha256_of(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes as they lie on disk."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
