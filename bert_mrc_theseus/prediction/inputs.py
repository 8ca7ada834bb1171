"""What prediction reads: text (a document a line, or the whole file), JSONL, JSON, tables, folders of these, standard input;
plain, gz or zst; here or elsewhere (see `remote_files`). A record that cannot be read is reported and left out, and the rest
goes on.

A file is what its name says (`.jsonl` and `.ndjson`, `.json`, tables by `tables.kinds`, else text, in any case), unless the
user says what it is. JSON is never searched as text unasked: text that begins as JSON does is refused.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import BinaryIO

from bert_mrc_theseus.errors import DataError, printable
from bert_mrc_theseus.files.packed_files import unpacked_name
from bert_mrc_theseus.files.raw_lines import OnError, open_binary
from bert_mrc_theseus.files.reading import decode_lines, decode_text
from bert_mrc_theseus.files.remote_files import is_remote
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING
from bert_mrc_theseus.prediction.input_files import STDIN
from bert_mrc_theseus.tables.columns import OutputColumns, Table
from bert_mrc_theseus.tables.kinds import KINDS, kind_of_name, open_table
from bert_mrc_theseus.tables.read import check_record_names, documents_of_records, documents_with_rows
from bert_mrc_theseus.tables.records import RecordTable, text_columns, with_text_row
from bert_mrc_theseus.text.documents import TEXT, Document
from bert_mrc_theseus.text.interchange import document_from_dict, parse_documents
from bert_mrc_theseus.text.json_records import Json, json_records, parse_json

FORMS = ("auto", "text", "jsonl", "json", *KINDS)
"""What a file can be; auto: what its name says."""

REPLACED = ("entities", "annotated")
"""Fields of a record that prediction replaces."""

_JSON_START = re.compile(r'\s*(\{\s*("|$)|\[\s*(\{|"|$))')


@dataclass(frozen=True, slots=True)
class InputOptions:
    """What a user says of all files.

    Attributes:
        whole_files: a text file is one document, with its line ends as they are.
        encoding: of text, JSON, CSV and TSV.
        form: in `FORMS`.
        text_field: the field of a JSON record, or the column, that holds the text.
        id_field: the same of the id; None: "id", where it is.
        columns: gets the columns of an output that is a table: documents then carry their rows. None: it is none.
        missing: counts the "texts" of tables that are null: they are read as empty ones.
    """

    whole_files: bool = False
    encoding: str = DEFAULT_ENCODING
    form: str = "auto"
    text_field: str = TEXT
    id_field: str | None = None
    columns: OutputColumns | None = None
    missing: Counter[str] = field(default_factory=Counter)


def check_tables(files: Iterable[str], options: InputOptions) -> None:
    """Refuses inputs that are all tables, of which none can be read, such as one without a column that is named: before any
    work begins.

    Raises:
        DataError: what is wrong with the first one.
    """
    first = None
    for name in files:
        kind = form_of(name) if options.form == "auto" else options.form
        if kind not in KINDS or not (is_remote(name) or os.path.isfile(name)):
            return
        try:
            with open_binary(name) as stream:
                _open_table(stream, kind, printable(name), lambda error: None, options)
            return
        except DataError as error:
            first = first or error
    if first is not None:
        raise first


def texts_as_documents(texts: Iterable[str]) -> Iterator[Document]:
    """Texts that stand on the command line, as documents: `text:1`, `text:2` ..."""
    return (Document(f"text:{number}", text) for number, text in enumerate(texts, 1))


def read_inputs(files: Iterable[str], on_error: OnError, options: InputOptions = InputOptions()) -> Iterator[Document]:
    """Documents without entities, in order.

    A line's id is `file:line`; an empty line is an empty document, so that results can be matched by line. A JSON record has
    the form of `documents`: its own id and further fields are kept, its entities and what it says of them ("annotated") are
    dropped. A row of a table is such a record, or goes with the document as it is, see `InputOptions.columns`. A JSON file is
    a list of records or of texts, or one after another; it is read whole, and the id of an item without one is `file:number`.

    Args:
        files: see `input_files.find_inputs`.
        on_error: gets the error of each file or record that cannot be read.
        options: of all files.
    """
    for name in files:
        try:
            if name == STDIN:
                if sys.stdin is None:
                    raise DataError("standard input is closed", "stdin")
                yield from read_stream(sys.stdin.buffer, "stdin", on_error, options)
            else:
                with open_binary(name) as stream:
                    yield from read_stream(stream, printable(name), on_error, options)
        except DataError as error:
            on_error(error)


def read_stream(stream: BinaryIO, name: str, on_error: OnError, options: InputOptions) -> Iterator[Document]:
    """`read_inputs` of one open file.

    Args:
        stream: its bytes, not packed.
        name: of the file, for ids and messages; with the suffix that says what it is.
        on_error, options: see `read_inputs`.

    Raises:
        DataError: the file cannot be read on.
    """
    kind = form_of(name) if options.form == "auto" else options.form
    table: Table
    if kind in KINDS:
        table = _open_table(stream, kind, name, on_error, options)
        if options.columns is None:
            yield from documents_of_records(
                table, name, on_error, options.missing, options.text_field, options.id_field, REPLACED
            )
            return
    elif kind in ("jsonl", "json"):
        if options.columns is None:
            yield from _json_documents(stream, kind, name, on_error, options)
            return
        values = _json_values(stream, kind, name, on_error, options.encoding)
        table = RecordTable(values, options.text_field, name, options.columns)
        if options.id_field is not None and table.columns.names:
            table.columns.index(options.id_field, name, "--id-field")
    else:
        if options.columns is not None:
            options.columns.take(text_columns(options.columns.typed), name)
        for document in _text_documents(stream, name, on_error, options):
            yield document if options.columns is None else with_text_row(document)
        return
    yield from documents_with_rows(table, name, on_error, options.columns, options.missing)


def _open_table(stream: BinaryIO, kind: str, name: str, on_error: OnError, options: InputOptions) -> Table:
    table = open_table(stream, kind, options.text_field, name, on_error, options.encoding)
    if options.columns is None:
        check_record_names(table, name, options.text_field, options.id_field)
    elif options.id_field is not None:
        table.columns.index(options.id_field, name, "--id-field")
    return table


def _text_documents(stream: BinaryIO, name: str, on_error: OnError, options: InputOptions) -> Iterator[Document]:
    if options.whole_files:
        text = decode_text(stream, name, options.encoding)
        if options.form == "auto":
            _refuse_json(text.lstrip().partition("\n")[0], name)
        yield Document(name, text)
        return
    lines = decode_lines(stream, name, on_error, options.encoding)
    first = next(lines, None)
    if first is not None and options.form == "auto":
        _refuse_json(first[1], name)
    for number, line in chain([] if first is None else [first], lines):
        yield Document(f"{name}:{number}", line)


def form_of(name: str) -> str:
    """What a file's name says it is, in `FORMS`."""
    suffix = os.path.splitext(unpacked_name(name))[1]
    return {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}.get(suffix) or kind_of_name(name) or "text"


def _refuse_json(line: str, name: str) -> None:
    """Looks at the first line of a text.

    Raises:
        DataError: it looks like the beginning of JSON.
    """
    if _JSON_START.match(line):
        raise DataError(
            "this looks like JSON, and would be searched as text",
            name,
            hint=f"say what it is with --input-format {', '.join(FORMS[1:])}",
        )


def _json_documents(
    stream: BinaryIO, kind: str, name: str, on_error: OnError, options: InputOptions
) -> Iterator[Document]:
    if kind == "jsonl":
        lines = decode_lines(stream, name, on_error, options.encoding)
        for document in parse_documents(lines, name, on_error, f"{name}:", options.text_field, options.id_field):
            yield replace(document, entities=(), annotated=None)
        return
    text = decode_text(stream, name, options.encoding)
    for number, (line, record) in enumerate(json_records(text, name, on_error), 1):
        default = f"{name}:{number}"
        try:
            if isinstance(record, str):
                yield Document(default, record)
            else:
                document = document_from_dict(record, default, options.text_field, options.id_field)
                yield replace(document, entities=(), annotated=None)
        except ValueError as error:
            on_error(DataError(str(error), name, line))


def _json_values(
    stream: BinaryIO, kind: str, name: str, on_error: OnError, encoding: str
) -> Iterator[tuple[int, Json]]:
    """The records of JSONL, or of a JSON file, with the lines where they begin."""
    if kind == "json":
        yield from json_records(decode_text(stream, name, encoding), name, on_error)
        return
    for number, line in decode_lines(stream, name, on_error, encoding):
        if line.strip():
            try:
                yield number, parse_json(line, name, number)
            except DataError as error:
                on_error(error)
