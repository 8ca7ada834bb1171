"""Rows of tables -> documents. A text that is missing (null) is an empty one, and counted."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import LONGEST_LINE, OnError
from bert_mrc_theseus.tables.columns import OutputColumns, Row, Table
from bert_mrc_theseus.text.documents import TEXT, Document
from bert_mrc_theseus.text.interchange import document_from_dict
from bert_mrc_theseus.text.json_records import Json, parse_json, shown


def documents_with_rows(
    table: Table, path: str | Path, on_error: OnError, output: OutputColumns, missing: Counter[str]
) -> Iterator[Document]:
    """A document for each row, which carries its row: for outputs that are tables.

    Args:
        table: opened.
        path: for ids and messages.
        on_error: gets the error of each row that cannot be read, which is then left out.
        output: gets the columns.
        missing: counts "texts" that are null.

    Raises:
        DataError: the columns are not those of the tables before, or what follows cannot be read.
    """
    output.take(table.columns, path)
    for number, row in _rows(table, on_error):
        try:
            text = _text(row, table.text, missing)
        except ValueError as error:
            on_error(DataError(str(error), path, number))
        else:
            yield Document(f"{path}:{number}", text, row=row)


def documents_of_records(
    table: Table,
    path: str | Path,
    on_error: OnError,
    missing: Counter[str],
    text_field: str,
    id_field: str | None,
    without: Collection[str] = (),
    parsed: Collection[str] = (),
    needed: str = "",
) -> Iterator[Document]:
    """A document for each row, read as a JSON record: for outputs that are documents, and for corpora.

    Args:
        table: opened, and seen by `check_record_names`.
        path, on_error, missing: see `documents_with_rows`.
        text_field, id_field: see `document_from_dict`.
        without: columns that are not looked at.
        parsed: columns whose strings are JSON.
        needed: a column; rows in which it is null, or an empty string that should be JSON, are left out, and counted in
            `missing`.

    Raises:
        DataError: what follows cannot be read.
    """
    names = table.columns.names
    wanted = [(number, name) for number, name in enumerate(names) if name not in without]
    for line, row in _rows(table, on_error):
        try:
            record = {name: row.value(number) for number, name in wanted}
            record[text_field] = _text(row, table.text, missing)
            for name in parsed:
                if isinstance(record.get(name), str):
                    record[name] = _parsed(str(record[name]), path, line)
            if needed and record[needed] is None:
                missing[needed] += 1
                continue
            document = document_from_dict(record, f"{path}:{line}", text_field, id_field)
        except DataError as error:
            on_error(error)
        except ValueError as error:
            on_error(DataError(str(error), path, line))
        else:
            yield document


def _rows(table: Table, on_error: OnError) -> Iterator[tuple[int, Row]]:
    for number, row in table.rows():
        if isinstance(row, DataError):
            on_error(row)
        else:
            yield number, row


def _text(row: Row, column: int, missing: Counter[str]) -> str:
    text = row.value(column)
    if text is None:
        missing["texts"] += 1
        return ""
    if len(str(text)) > LONGEST_LINE:
        raise ValueError(f"a text of more than {LONGEST_LINE:,} characters")
    return str(text)


def _parsed(text: str, path: str | Path, line: int) -> Json:
    return parse_json(text, path, line) if text else None


def check_record_names(table: Table, path: str | Path, text_field: str, id_field: str | None) -> None:
    """Refuses columns that cannot be the fields of a record; see `documents_of_records`.

    Raises:
        DataError: two are called the same, or as a field that documents have.
    """
    names = table.columns.names
    if id_field is not None:
        table.columns.index(id_field, path, "--id-field")
    twice = next((name for name in names if names.count(name) > 1), None)
    taken = next(
        (own for own, used in ((TEXT, text_field), ("id", id_field or "id")) if own != used and own in names), None
    )
    if twice is None and taken is None:
        return
    problem = (
        f"two columns are called {shown(twice)}"
        if twice is not None
        else f"it has a column {shown(taken)} beside the named one"
    )
    raise DataError(problem, path, hint="a record cannot; rename one, or write a table, such as --format csv")
