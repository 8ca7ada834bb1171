"""Columns: a token, a separator and a tag a line; blank lines between documents."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from bert_mrc_theseus.preprocess.readers.tagged import Tagged, tagged_documents

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.reading import BYTE_ORDER_MARK, read_lines
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.tags import OUTSIDE, prefixes_of

from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions

Column = Callable[[str], tuple[str, str]]
"""Token and tag of a line."""

_DOCUMENT_START = re.compile(r"\ufeff?-DOCSTART-(\s|$)")
_METADATA = re.compile(r"\ufeff?(#|[A-Za-z][\w.-]*[:=])")


def read_columns(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Lines of a token, a tab or spaces, and a tag; a blank line or `-DOCSTART-` between documents.

    Between both there may be further columns, as many in all lines. Before the first token of a document, a line that does
    not end in a tag and begins with `#` or `NAME:` is metadata. A byte order mark before a token, as in files that were
    joined, is dropped.

    Args:
        path: the file.
        report: gets the scheme and the columns that were recognised, besides the counts.
        options: encoding, and column of the tag.

    Raises:
        DataError: see `ReadReport.strict`.
    """
    unreadable: list[DataError] = []
    lines = read_lines(path, unreadable.append, options.encoding, keep_mark=True)
    columns = _Columns(options.tag_column)
    records = _without_numbers(column_records(path, lines, report, columns, unreadable), columns, path, report)
    yield from tagged_documents(path, records, report)
    if columns.width > 2:
        report.notes["columns"] = f"{columns.width}, tag in {options.tag_column or columns.width}"


def two_columns(line: str) -> tuple[str, str]:
    """Token and tag of a line; the token may be blank, or missing.

    Raises:
        ValueError: there are more columns.
    """
    line = line.rstrip()
    separator = "\t" if "\t" in line else " "
    token, _, tag = line.rpartition(separator)
    token = token.rstrip(separator) or token[:1]
    if separator in token.strip(separator):
        raise ValueError("more than two columns; expected token and tag")
    return _without_mark(token), tag


def _without_mark(token: str) -> str:
    """A token without the byte order mark before it; one alone is a token."""
    return token if token == BYTE_ORDER_MARK else token.removeprefix(BYTE_ORDER_MARK)


class _Columns:
    """Token and tag of lines that all have equally many columns.

    Args:
        tag_column: see `ReadOptions`.
    """

    def __init__(self, tag_column: int | None):
        self.width = 0
        self._tag_column = tag_column

    def __call__(self, line: str) -> tuple[str, str]:
        line = line.rstrip()
        separator = "\t" if "\t" in line else " "
        before, _, last = line.rpartition(separator)
        head = before.rstrip(separator)
        if separator in head or (separator == "\t" and self.width > 2):
            fields = line.split("\t") if separator == "\t" else re.split(" +", line.strip(" "))
        else:
            # A token may be what separates columns, or have been cut off with it.
            fields = [head or before[:1], last]
            if not head and self.width <= 2:
                return fields[0], last
        self.width = self.width or len(fields)
        if len(fields) != self.width:
            raise ValueError(f"{len(fields)} columns, where the lines before have {self.width}")
        column = self._tag_column or self.width
        if column > self.width:
            raise ValueError(f"{self.width} columns, and the tag should be in column {column}")
        return _without_mark(fields[0]), fields[column - 1]


def column_records(
    path: str | Path,
    lines: Iterable[tuple[int, str]],
    report: ReadReport,
    column: Column,
    unreadable: list[DataError] | None = None,
) -> Iterator[Tagged]:
    """The documents of columns.

    Args:
        path: for messages.
        lines: with their numbers.
        report: gets the bad ones.
        column: reads a line.
        unreadable: where errors of lines appear that could not be read: their documents are bad records.
    """
    tokens: list[str] = []
    tags: list[str] = []
    count = start = 0
    bad: DataError | None = None
    for number, line in chain(lines, [(0, "")]):
        if unreadable:
            bad = bad or unreadable[0]
            start = start or unreadable[0].line or 1
            unreadable.clear()
        begins = _DOCUMENT_START.match(line) is not None
        beside = begins or (not start and _is_metadata(line))
        report.metadata += beside
        if line.strip().strip(BYTE_ORDER_MARK) and not beside:
            start = start or number
            try:
                token, tag = column(line)
            except ValueError as error:
                bad = bad or DataError(str(error), path, number, "is the tag in another column? --tag-column")
                continue
            # Few different ones fill a file.
            tokens.append(sys.intern(token))
            tags.append(sys.intern(tag))
        elif start:
            count += 1
            if bad is None:
                yield Tagged(str(count), tokens, tags, start)
            else:
                report.bad_record(bad)
            tokens, tags, start, bad = [], [], 0, None


def _is_metadata(line: str) -> bool:
    """Whether a line before the first token of a document is none itself."""
    fields = line.split()[1:]
    return _METADATA.match(line) is not None and OUTSIDE not in fields and not prefixes_of(fields)


def _without_numbers(
    records: Iterable[Tagged], columns: _Columns, path: str | Path, report: ReadReport
) -> Iterator[Tagged]:
    """The records, unless their first of several columns holds no tokens, but 1, 2, 3 ..."""
    for record in records:
        numbers = [str(i) for i in range(1, len(record.tokens) + 1)]
        if columns.width > 2 and len(numbers) > 1 and record.tokens == numbers:
            hint = "--format uner reads number, word and tag"
            report.bad_record(DataError("the first column numbers the tokens", path, record.line, hint))
        else:
            yield record
