"""The columns of Weibo NER: tokens with their position in the word, and emoji in two halves."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from bert_mrc_theseus.preprocess.readers.columns import column_records, two_columns
from bert_mrc_theseus.preprocess.readers.tagged import tagged_documents

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import open_binary, raw_lines
from bert_mrc_theseus.files.reading import SURROGATE, read_lines
from bert_mrc_theseus.text.documents import Document

from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions


def read_weibo(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Columns whose token is followed by its position in the word, as in the revised Weibo NER (`口0`, `腔1`)."""

    def column(line: str) -> tuple[str, str]:
        token, tag = two_columns(line)
        # The position may have two digits, and the character itself may be one.
        return (token[0] if token[1:].isdigit() else re.sub(r"\d+$", "", token)), tag

    unreadable: list[DataError] = []
    lines = read_lines(path, unreadable.append, options.encoding, keep_mark=True)
    yield from tagged_documents(path, column_records(path, lines, report, column, unreadable), report)


def read_cesu8_columns(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Columns in CESU-8, as in the original Weibo NER: an emoji is two surrogate halves on two lines.

    The halves are joined into one character, which has the tag of the first; a half without its partner becomes U+FFFD.
    """
    yield from tagged_documents(path, column_records(path, _joined_surrogates(path), report, two_columns), report)


def _joined_surrogates(path: str | Path) -> Iterator[tuple[int, str]]:
    pending: tuple[int, str] | None = None
    for number, line in chain(_cesu8_lines(path), [(0, "")]):
        low = "\udc00" <= line[:1] <= "\udfff"
        if pending is not None:
            first, held = pending
            yield first, _without_halves(held[0] + line[0] + held[1:] if low else held)
        elif low:
            yield number, _without_halves(line)
        used, pending = low, None
        if "\ud800" <= line[:1] <= "\udbff":
            pending = (number, line)
        elif not used and number:
            yield number, _without_halves(line)


def _without_halves(line: str) -> str:
    whole = line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return SURROGATE.sub("\ufffd", whole)


def _cesu8_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    with open_binary(path) as stream:
        for number, raw in raw_lines(stream, path):
            try:
                yield number, raw.decode("utf-8", "surrogatepass").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise DataError(f"not UTF-8 or CESU-8 at byte {error.start} of the line", path, number) from error
