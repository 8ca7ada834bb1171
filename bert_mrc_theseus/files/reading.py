"""Reading text so that nothing is misread.

Text is UTF-8 unless an encoding is named (a byte order mark is dropped), plain or compressed, and lines end at "\\n" or
"\\r\\n" only: the other characters that `str.splitlines` cuts at, such as U+2028, may stand inside a text.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import (
    LARGEST_TEXT,
    LONGEST_LINE,
    OnError,
    open_binary,
    raw_lines,
    raw_pieces,
    refuse_large,
    too_long,
)
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING, check_encoding, is_wide, not_decodable

BYTE_ORDER_MARK = "\ufeff"
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character beyond U+FFFF: no text holds one, and no file of UTF-8 can."""

_BOM = BYTE_ORDER_MARK.encode()


def decode_lines(
    stream: Iterable[bytes],
    path: str | Path,
    on_error: OnError | None = None,
    encoding: str = DEFAULT_ENCODING,
    keep_mark: bool = False,
    keep_ends: bool = False,
) -> Iterator[tuple[int, str]]:
    """Yields (1-based line number, line without its line end) of a binary stream.

    Args:
        stream: gives lines of bytes.
        path: for messages.
        on_error: gets the error of a line that is not in the encoding, or too long, which is then left out; by default it is
            raised.
        encoding: of the text.
        keep_mark: a byte order mark is not dropped.
        keep_ends: neither are line ends.

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
        yield number, line if keep_ends else line.removesuffix("\n").removesuffix("\r")


def read_lines(
    path: str | Path,
    on_error: OnError | None = None,
    encoding: str = DEFAULT_ENCODING,
    keep_mark: bool = False,
) -> Iterator[tuple[int, str]]:
    """`decode_lines` of a file; `.gz` and `.zst` are unpacked on the fly."""
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


def read_text(path: str | Path, encoding: str = DEFAULT_ENCODING) -> str:
    """`decode_text` of a file; `.gz` and `.zst` are unpacked.

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
            return too_long(path, number)
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
