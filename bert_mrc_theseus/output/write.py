"""What prediction writes: a stream of documents in one of the `formats`. A file or folder appears when it is
complete.
"""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import IO, BinaryIO

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.files.atomic_files import atomic_binary, atomic_write, naming_errors
from bert_mrc_theseus.files.packed_files import check_packing, is_packed
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.files.remote_files import is_remote
from bert_mrc_theseus.output.entity_cells import ROWS
from bert_mrc_theseus.output.formats import DEFAULT_FORMAT, FolderFormat, TableFormat, format_of, jsonl_entities
from bert_mrc_theseus.output.journal import Journal
from bert_mrc_theseus.output.unwritable import writable
from bert_mrc_theseus.outputs import check_output_file, check_output_folder
from bert_mrc_theseus.tables.columns import Columns, OutputColumns
from bert_mrc_theseus.tables.records import text_columns, with_text_row
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


def output_columns(form: str) -> OutputColumns | None:
    """What gets the columns of a format that is a table; None: it is none."""
    writer = format_of(form)
    return OutputColumns(writer.typed) if isinstance(writer, TableFormat) else None


def check_outputs(
    form: str,
    out: str | Path | None,
    inputs: Iterable[str | Path] = (),
    overwrite: bool = False,
    resumable: bool = False,
    rows: str = ROWS[0],
) -> None:
    """Refuses what `write_outputs` could not write, before any work begins.

    Args:
        form, out, overwrite, rows: see `write_outputs`.
        inputs: what is read; see `outputs.check_output_file`.
        resumable: a journal will be kept, see `journal.Journal`.

    Raises:
        UsageError: unknown format; a folder format without a folder; the output cannot be written, holds what is not ours, or
            is an input.
        UserError: a library is missing that writes it.
    """
    writer = format_of(form)
    if rows not in ROWS:
        raise UsageError(f"--rows is one of {', '.join(ROWS)}. Received: {rows!r}")
    if rows != ROWS[0] and form != DEFAULT_FORMAT and not isinstance(writer, TableFormat):
        raise UsageError(f"--rows {rows} is for jsonl and tables, not for {form}")
    if resumable and is_remote(out):
        raise UsageError("--resume writes files of this machine: copy the output when it is complete")
    if isinstance(writer, FolderFormat):
        if out is None:
            raise UsageError(f"{form} needs a folder to write to: -o FOLDER")
        if is_remote(out):
            raise UsageError(f"{form} writes a folder, and those are on this machine: {out}")
        if resumable:
            raise UsageError(f"--resume is for formats of one file, not for {form}")
        check_output_folder(out, writer.command, overwrite, inputs)
        return
    if isinstance(writer, TableFormat) and writer.typed:
        _check_typed(form, out, resumable)
    if out is not None:
        check_packing(out)
    check_output_file(out, inputs)
    if out is not None and not is_remote(out):
        Journal.refuse_work_of_others(Path(out))
    if resumable:
        Journal.check(out if out is None else Path(out))
    elif out is not None and not is_remote(out):
        Journal.refuse_unfinished(Path(out))


def _check_typed(form: str, out: str | Path | None, resumable: bool) -> None:
    from bert_mrc_theseus.tables.arrow_files import import_arrow

    import_arrow()
    if resumable:
        raise UsageError(f"--resume is for formats that are written line by line, not for {form}: csv, tsv, jsonl ...")
    if out is not None and is_packed(out):
        raise UsageError(f"{form} is compressed inside: give it a name without .gz or .zst ({out})")
    if out is None and sys.stdout.isatty():
        raise UsageError(f"{form} is not text, and a terminal shows nothing else: -o FILE")


def write_outputs(
    documents: Iterable[Document],
    form: str,
    out: str | Path | None,
    schema: Schema | None = None,
    on_error: OnError | None = None,
    overwrite: bool = False,
    journal: Journal | None = None,
    columns: OutputColumns | None = None,
    rows: str = ROWS[0],
) -> int:
    """Writes predicted documents as they come.

    Args:
        documents: in the order in which they are written; for tables with their rows, or else with id and text as these.
        form: in `formats.WRITERS`.
        out: file (folder for brat); None writes to standard output.
        schema: the types that may occur, for the legend and colours of html; and their queries, for mrc.
        on_error: gets the error of each document that cannot be written, which is then left out; by default it is raised.
        overwrite: see `outputs.check_output_folder`.
        journal: takes the documents, behind those that it has already, instead of `out`.
        columns: for tables: has the columns of the input when the first document comes.
        rows: in `ROWS`: a row (jsonl: a line) is a text with all its entities, or an entity.

    Returns:
        How many entities the format could not carry.

    Raises:
        UsageError: see `check_outputs`, or mrc without a schema.
        UserError: see `arrow_tables.write_arrow`.
        OSError: the output cannot be written.
    """
    on_error = on_error or _raise
    writer = format_of(form)
    entity_rows = rows != ROWS[0]
    if isinstance(writer, FolderFormat):
        if out is None:
            raise UsageError(f"{form} needs a folder to write to: -o FOLDER")
        writer.write(Path(out), documents, on_error, overwrite)
        return 0
    if form == "mrc" and schema is None:
        raise UsageError("mrc needs a schema: it holds the query of each type")
    if isinstance(writer, TableFormat):
        # What is read first says which columns there are.
        documents = _with_rows(documents)
        known = (columns.columns if columns is not None else None) or text_columns(writer.typed)
        if writer.typed:
            _write_typed(writable(documents, on_error), writer.kind, out, known, entity_rows)
            return 0
        writer = writer.text_format(known, entity_rows)
    elif entity_rows:
        writer = replace(writer, record=jsonl_entities)
    if journal is not None and out is not None:
        with naming_errors(out, "--resume goes on from there"):
            if not journal.begun:
                journal.begin(writer.head(schema))
            for text, lost, written in writer.texts(documents, schema, on_error, journal.counts["written"]):
                journal.add(text, lost=lost, written=int(written))
            return journal.finish(writer.tail)
    opened: AbstractContextManager[IO[str]]
    if out is not None:
        opened = atomic_write(out)
    else:
        opened = nullcontext(sys.stdout)
        writer = writer.for_terminal(sys.stdout) if sys.stdout.isatty() else writer
    dropped = 0
    with naming_errors(out or "standard output"), opened as stream:
        stream.write(writer.head(schema))
        for text, lost, _ in writer.texts(documents, schema, on_error):
            stream.write(text)
            dropped += lost
        stream.write(writer.tail)
        # A pipe without a reader is noticed here, where the command line answers it, and not while Python shuts down.
        stream.flush()
    return dropped


def _write_typed(
    documents: Iterable[Document], kind: str, out: str | Path | None, columns: Columns, entity_rows: bool
) -> None:
    from bert_mrc_theseus.output.arrow_tables import write_arrow

    opened: AbstractContextManager[BinaryIO] = nullcontext(sys.stdout.buffer) if out is None else atomic_binary(out)
    with naming_errors(out or "standard output"), opened as stream:
        write_arrow(stream, documents, kind, columns, entity_rows)
        stream.flush()


def _with_rows(documents: Iterable[Document]) -> Iterable[Document]:
    """The documents, of which the first one has been read; those that come from no table as rows of `text_columns`."""
    rows = (with_text_row(document) if document.row is None else document for document in documents)
    return chain(list(islice(rows, 1)), rows)


def _raise(error: DataError) -> None:
    raise error
