"""Which bytes are text: the encoding that a user names, and files that are no text.

An encoding is never guessed. What says by its first bytes that it is something else than it is taken for is refused by name.
"""

import codecs
import re
from pathlib import Path

from bert_mrc_theseus.errors import DataError, UsageError

DEFAULT_ENCODING = "utf-8"

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8"),
)
"""Byte order marks; those of UTF-32 stand first, since one of them begins as one of UTF-16."""

_SAVE = "save its text as UTF-8 text or JSONL"
_UNPACK = "unpack it first"
_NO_TEXT = (
    (b"PK\x03\x04", "a zip archive, as .xlsx and .docx files are", f"unpack it, or {_SAVE}"),
    (b"PK\x05\x06", "an empty zip archive", ""),
    (b"\x1f\x8b", "gzip", "give it a name that ends in .gz"),
    (b"%PDF-", "a PDF file", _SAVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel or Word file", _SAVE),
    (b"{\\rtf", "an RTF file", _SAVE),
    (b"ARROW1\x00", "an Arrow file", "give it a name that ends in .arrow or .feather"),
    (b"SQLite format 3\x00", "an SQLite database", _SAVE),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "zstd", "give it a name that ends in .zst"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x89PNG\r\n", "a PNG image", ""),
    (b"\xff\xd8\xff", "a JPEG image", ""),
    (b"GIF87a", "a GIF image", ""),
    (b"GIF89a", "a GIF image", ""),
    (b"\x7fELF", "a program", ""),
    (b"Obj\x01", "an Avro file", _SAVE),
)
"""First bytes that no text has, what they say, and what to do."""

_NO_TEXT_PATTERNS = (
    (re.compile(rb"PAR1[\x00-\x08\x0e-\x1f]"), "a Parquet file", "give it a name that ends in .parquet"),
    (re.compile(rb"BZh[1-9]1AY&SY"), "a bzip2 archive", _UNPACK),
    (re.compile(rb"(?s).{257}ustar[\x00 ]"), "a tar archive", _UNPACK),
)
"""Kinds that begin with letters, as a text may."""


def check_encoding(name: str) -> str:
    """The name by which Python knows a text encoding.

    Raises:
        UsageError: there is no such encoding, or it is none of text.
    """
    try:
        "a".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"there is no text encoding {name!r}: say for example utf-8, gb18030 (for GBK and GB2312 too), big5 or utf-16"
        ) from error
    # A byte order mark is looked for in any case, and only where a file begins.
    return DEFAULT_ENCODING if found == "utf-8-sig" else found


def is_wide(encoding: str) -> bool:
    """Whether a line feed is more than its byte, as in UTF-16 and UTF-32: lines cannot be told before decoding."""
    return "\n".encode(encoding) != b"\n"


def refuse_no_text(start: bytes, path: str | Path, encoding: str) -> None:
    """Looks at the first bytes of what is to be read as text.

    Args:
        start: the first line, or as much as there is.
        path: for messages.
        encoding: what the text should be in, see `check_encoding`.

    Raises:
        DataError: they say that it is no text, or text in another encoding.
    """
    kinds = [(kind, hint) for first, kind, hint in _NO_TEXT if start.startswith(first)]
    kinds += [(kind, hint) for pattern, kind, hint in _NO_TEXT_PATTERNS if pattern.match(start)]
    if kinds:
        kind, hint = kinds[0]
        raise DataError(f"this is {kind}, not text", path, hint=hint)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), encoding)
    if not encoding.startswith(marked):
        raise DataError(
            f"its byte order mark says {marked}, and it should be {encoding}",
            path,
            hint=f"inputs of predict and preprocess: --encoding {marked}; other files: iconv -f {marked} -t utf-8",
        )


def not_decodable(problem: str, path: str | Path, line: int | None, encoding: str) -> DataError:
    """The error of bytes that are not what they should be.

    Args:
        problem: what and where.
        path, line: see `DataError`.
        encoding: what they should be.
    """
    hint = "inputs of predict and preprocess: say --encoding; other files: iconv, for example -f gb18030 -t utf-8"
    if encoding != DEFAULT_ENCODING:
        hint = "is --encoding right?"
    return DataError(f"not {encoding.upper()}: {problem}", path, line, hint)
