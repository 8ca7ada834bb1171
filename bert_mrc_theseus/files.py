"""Reading and writing files so that nothing is misread and nothing is half-written.

Text is UTF-8 (a byte order mark is dropped), plain or gzip, and lines end at "\\n" or "\\r\\n" only: the other characters
that `str.splitlines` cuts at, such as U+2028, may stand inside a text. Writes go to a temporary neighbour that replaces the
target in one step.
"""

import gzip
import hashlib
import io
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from bert_mrc_theseus.errors import DataError, UserError

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


def _not_utf8(line: bytes, position: int, path: str | Path, number: int) -> DataError:
    return DataError(
        f"not UTF-8: byte 0x{line[position]:02x} at byte {position} of the line",
        path,
        number,
        "convert the file, for example with iconv -f gb18030 -t utf-8",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
