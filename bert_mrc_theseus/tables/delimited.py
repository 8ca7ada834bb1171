"""CSV and TSV with a header: every cell is a string, as it stands there.

Cells that have a separator, a quote or a line end in them are in quotes, and a quote in these is doubled, as Excel, pandas and
RFC 4180 have it. Nothing is made of numbers, dates or empty cells: these come out as they went in.
"""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import LONGEST_LINE, OnError
from bert_mrc_theseus.files.reading import decode_lines
from bert_mrc_theseus.tables.columns import Columns, Row, ValueRow

DELIMITERS = {"csv": ",", "tsv": "\t"}
"""What stands between two cells, by format."""

_HINT = "a cell with a quote in it stands in quotes, and that quote is doubled"


class DelimitedTable:
    """A CSV or TSV file that is being read; see `columns.Table`. The number of a row is that of the line where it begins.

    Args:
        stream: of bytes.
        delimiter: what stands between two cells.
        text: name of the column with the texts.
        path: for messages.
        on_error: gets the error of each line that cannot be decoded.
        encoding: of the file.

    Raises:
        DataError: there is no header, or no such column in it.
    """

    def __init__(
        self, stream: Iterable[bytes], delimiter: str, text: str, path: str | Path, on_error: OnError, encoding: str
    ):
        self._lines = _Lines(decode_lines(stream, path, on_error, encoding, keep_ends=True))
        # The only limit that the module has is one for all of the process.
        csv.field_size_limit(LONGEST_LINE)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self._path = path
        _, header = next(self._records(), (1, []))
        if isinstance(header, DataError):
            raise header
        if not header:
            raise DataError("there is no header: the first line names the columns", path)
        self.columns = Columns(tuple(header))
        self.text = self.columns.index(text, path, "--text-field")

    def rows(self) -> Iterator[tuple[int, Row | DataError]]:
        width = len(self.columns.names)
        for line, record in self._records():
            if isinstance(record, DataError):
                yield line, record
            elif len(record) == width:
                yield line, ValueRow(record)
            elif not record:  # An empty line: a cell without text, where rows have one cell.
                if width == 1:
                    yield line, ValueRow([""])
            else:
                yield line, DataError(f"{len(record)} cells, where the header has {width}", self._path, line)

    def _records(self) -> Iterator[tuple[int, list[str] | DataError]]:
        """Each record, with the line where it begins."""
        while True:
            self._lines.begin()
            try:
                record = next(self._reader, None)
            except csv.Error as error:
                yield self._lines.first, DataError(f"not CSV: {error}", self._path, self._lines.first, _HINT)
                continue
            if record is None:
                return
            if self._lines.broken:
                yield self._lines.first, DataError("a line in a cell cannot be read", self._path, self._lines.first)
            else:
                yield self._lines.first, record


class _Lines:
    """Lines for `csv.reader`, which asks for as many as a record has."""

    def __init__(self, numbered: Iterator[tuple[int, str]]):
        self._numbered = numbered
        self._last = 0
        self.begin()

    def begin(self) -> None:
        """The next line is the first one of a record."""
        self.first = 0
        self.broken = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        number, line = next(self._numbered)
        # A line that could not be decoded is missing.
        self.broken = self.broken or (self.first > 0 and number != self._last + 1)
        self.first, self._last = self.first or number, number
        return line


def delimited_line(cells: Iterable[str], delimiter: str) -> str:
    """A row as a line, or several where a cell has line ends.

    Cells are written as they are, also where Excel would take them for formulas.
    """
    stream = StringIO()
    # With this line end, cells with either of its characters are put in quotes.
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return stream.getvalue().removesuffix("\r\n") + "\n"
