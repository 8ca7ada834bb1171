"""Bytes of plain and packed files, a line at a time, and how much of them may be read.

Lines end at line feeds only. What cannot be read, or is no text, is an error that says where.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.packed_files import check_packing, unpacked
from bert_mrc_theseus.files.remote_files import is_remote, open_remote
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING, refuse_no_text

OnError = Callable[[DataError], None]
"""Gets the error of each record that cannot be read, so that the rest goes on."""

LONGEST_LINE = 2**24
"""Bytes of a line: a document, or a record of JSONL. Longer ones are left out like others that cannot be read."""

LARGEST_TEXT = 2**28
"""Bytes of what is read whole, unpacked: JSON that is a list, files that are one document, query files."""

PIECE = 2**20
"""Bytes that are read at a time."""


def open_binary(path: str | Path) -> BinaryIO:
    """Opens a file for reading bytes; `.gz` and `.zst` are unpacked, and an address (see `remote_files`) is no path.

    Raises:
        DataError: the file is absent, a folder, or not readable.
        UserError: see `packed_files.unpacked` and `remote_files.open_remote`.
    """
    if is_remote(path):
        return unpacked(open_remote(str(path)), path)
    check_packing(path)
    try:
        return unpacked(open(path, "rb"), path)
    except OSError as error:
        raise DataError(f"cannot open: {error.strerror}", path) from error
    except ValueError as error:
        raise DataError(f"cannot open: {error}", path) from error


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
                    raise too_long(path, number)
            else:
                held.append(piece)
        if size > LONGEST_LINE and on_error is not None:
            on_error(too_long(path, number))
        else:
            yield number, b"".join(held)


def refuse_large(size: int, path: str | Path) -> None:
    """Refuses what has more bytes than `LARGEST_TEXT`.

    Raises:
        DataError: it has.
    """
    if size > LARGEST_TEXT:
        raise DataError(f"too large to be read whole: more than {LARGEST_TEXT:,} bytes", path, hint="cut it into files")


def too_long(path: str | Path, number: int) -> DataError:
    return DataError(f"a line of more than {LONGEST_LINE:,} bytes", path, number, "cut it into several lines")
