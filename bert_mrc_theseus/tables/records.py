"""JSON records and lines of text as the rows of a table, for outputs that are tables.

The first records say which columns there are and, where columns need types, of which type each is; a later one that does not
fit is left out by name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.tables.columns import Columns, OutputColumns, Row, ValueRow, strings
from bert_mrc_theseus.text.documents import TEXT, Document
from bert_mrc_theseus.text.interchange import text_of_record
from bert_mrc_theseus.text.json_records import Json, shown, without_nan

AHEAD_RECORDS, AHEAD_CHARACTERS = 1000, 1_000_000
"""As much is read ahead for the columns: so many records, or texts of so many characters."""


class RecordTable:
    """JSON records that are being read; see `columns.Table`.

    Args:
        records: with the lines where they begin.
        text: name of the field with the text.
        path: for messages.
        output: what they are read for; where it has columns already, those are the columns.

    Raises:
        DataError: the columns that it has lack the field with the text.
    """

    def __init__(self, records: Iterator[tuple[int, Json]], text: str, path: str | Path, output: OutputColumns):
        self._text_field, self._path = text, path
        found = (self._record(line, record) for line, record in records)
        if output.columns is not None:
            self.columns, self.text = output.columns, output.columns.index(text, path, "--text-field")
            self._records: Iterable[tuple[int, dict[str, Json] | DataError]] = found
            return
        ahead: list[tuple[int, dict[str, Json] | DataError]] = []
        size = 0
        for line, record in found:
            ahead.append((line, record))
            size += len(str(record[text])) if isinstance(record, dict) else 0
            if len(ahead) >= AHEAD_RECORDS or size >= AHEAD_CHARACTERS:
                break
        first = [record for _, record in ahead if isinstance(record, dict)]
        names = tuple(dict.fromkeys(name for record in first for name in record))
        self.columns = Columns(names, _schema(first, names) if output.typed else None)
        self.text = names.index(text) if names else 0
        self._records = chain(ahead, found)

    def rows(self) -> Iterator[tuple[int, Row | DataError]]:
        for line, record in self._records:
            yield line, record if isinstance(record, DataError) else self._row(line, record)

    def _record(self, line: int, record: Json) -> tuple[int, dict[str, Json] | DataError]:
        if isinstance(record, str):  # A list of texts.
            return line, {self._text_field: record}
        if not isinstance(record, dict):
            return line, DataError(f"a record is an object, or a text. Received: {shown(record)}", self._path, line)
        try:
            text_of_record(record, self._text_field)
        except ValueError as error:
            return line, DataError(str(error), self._path, line)
        return line, {name: without_nan(value) for name, value in record.items()}

    def _row(self, line: int, record: dict[str, Json]) -> Row | DataError:
        further = [name for name in record if name not in self.columns.names]
        problem = (
            f"the fields {', '.join(map(shown, further))} are not among the columns, which the first {AHEAD_RECORDS:,} "
            "records say"
            if further
            else self._misfit(record)
        )
        if problem:
            return DataError(problem, self._path, line, "write jsonl, which has no columns")
        return ValueRow([record.get(name) for name in self.columns.names])

    def _misfit(self, record: dict[str, Json]) -> str:
        """Which value is not of its column's type; "": none."""
        if self.columns.types is None:
            return ""
        for field in self.columns.types:
            value = record.get(field.name)
            if value is not None and not _fits(value, field.type):
                return f"{shown(field.name)} is {shown(value)}, and the first records say {field.type}"
        return ""


TEXT_COLUMNS = ("id", TEXT)
"""Of text files as a table."""


def text_columns(typed: bool) -> Columns:
    """The columns of text files."""
    return strings(TEXT_COLUMNS) if typed else Columns(TEXT_COLUMNS)


def with_text_row(document: Document) -> Document:
    """A document of a text file as a row of these columns."""
    return replace(document, row=ValueRow([str(document.id), document.text]))


def _schema(records: list[dict[str, Json]], names: Iterable[str]) -> Any:
    import pyarrow as pa

    return pa.schema([(name, _type([record.get(name) for record in records])) for name in names])


def _type(values: list[Json]) -> Any:
    """The type of a column: that of all values, else of the first that is there."""
    import pyarrow as pa

    there = [value for value in values if value is not None]
    for tried in (there, there[:1]):
        try:
            kind = pa.array(tried).type
        except (pa.ArrowException, OverflowError):
            continue
        return _without_null(kind)
    return pa.string()


def _without_null(kind: Any) -> Any:
    """A type in which what was never there is a string."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_without_null(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _without_null(field.type)) for field in kind])
    return kind


def _fits(value: Json, kind: Any) -> bool:
    """Whether a column of a type can hold a value as it is."""
    import pyarrow as pa

    try:
        return _same(value, pa.scalar(value, kind).as_py())
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return False


def _same(value: Json, held: Any) -> bool:
    """Whether a column gives back a value; fields that it lacks are null there."""
    if isinstance(value, dict):
        return (
            isinstance(held, dict)
            and value.keys() <= held.keys()
            and all(_same(value.get(name), held[name]) for name in held)
        )
    if isinstance(value, list):
        return isinstance(held, list) and len(value) == len(held) and all(map(_same, value, held))
    return value == held and isinstance(value, bool) == isinstance(held, bool)
