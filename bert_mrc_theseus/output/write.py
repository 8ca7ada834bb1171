"""What prediction writes: a stream of documents in one of the formats of `WRITERS`. A file or folder appears when it is
complete.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.files.atomic_files import atomic_write, naming_errors
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.output.annotation_tools import doccano_line, label_studio_item
from bert_mrc_theseus.output.brat import COMMAND, write_brat
from bert_mrc_theseus.output.columns import columns_record
from bert_mrc_theseus.output.journal import Journal
from bert_mrc_theseus.output.json_streams import LIST_BETWEEN, LIST_HEAD, LIST_TAIL, json_line
from bert_mrc_theseus.output.marked_text import coloured_record, marked_record
from bert_mrc_theseus.output.mrc_json import mrc_items
from bert_mrc_theseus.output.terminal import shown
from bert_mrc_theseus.output.unwritable import unwritable
from bert_mrc_theseus.outputs import check_output_file, check_output_folder
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_to_dict
from bert_mrc_theseus.text.schema import Schema


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of one text stream: a file, or standard output.

    Attributes:
        record: (document, how many were written before it, schema) -> its text, and how many of its entities the format could
            not carry. The schema is that of the types which were asked; formats that show no types or queries ignore it.
        head: schema -> what stands before all records.
        between: what stands between two records.
        tail: what stands behind all records.
        coloured: gives the `record` for a terminal.

    Raises:
        DataError: by `record`, for a document that the format cannot hold.
        UsageError: by `record`, where the format needs a schema.
    """

    record: Callable[[Document, int, Schema | None], tuple[str, int]]
    head: Callable[[Schema | None], str] = lambda schema: ""
    between: str = ""
    tail: str = ""
    coloured: Callable[[IO[str]], Callable[[Document, int, Schema | None], tuple[str, int]]] | None = None

    def for_terminal(self, terminal: IO[str]) -> "FileFormat":
        """The same for people's eyes: control characters are shown."""

        def record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
            text, lost = self.record(document, number, schema)
            return shown(text), lost

        return replace(self, record=record if self.coloured is None else self.coloured(terminal))

    def texts(
        self, documents: Iterable[Document], schema: Schema | None, on_error: OnError, written: int = 0
    ) -> Iterator[tuple[str, int, bool]]:
        """For each document what is to be written, how many entities are lost, and whether it can be written at all.

        Args:
            documents: in the order in which they are written.
            schema: see `record`.
            on_error: gets the error of each document that cannot be written.
            written: how many were written before.
        """
        for document in documents:
            try:
                text, lost = self.record(document, written, schema)
                text.encode()
            except (DataError, UnicodeEncodeError) as error:
                on_error(unwritable(document, error))
                yield "", 0, False
            else:
                yield (self.between + text if written else text), lost, True
                written += 1


@dataclass(frozen=True, slots=True)
class FolderFormat:
    """A format of several files, in a folder.

    Attributes:
        write: (folder, documents, on_error, overwrite); it replaces the folder in one atomic step, see `outputs.output_folder`.
        command: what the folder's marker says.
    """

    write: Callable[[Path, Iterable[Document], OnError, bool], None]
    command: str


def _jsonl_line(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    return json_line(document_to_dict(document)), 0


# Imported when they are called, since every other format would pay for the templates.
def _html_head(schema: Schema | None) -> str:
    from bert_mrc_theseus.output.entity_html import html_head

    return html_head(schema)


def _html_record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    from bert_mrc_theseus.output.entity_html import html_record

    return html_record(document, number, schema)


def _json_list(record: Callable[[Document, int, Schema | None], tuple[str, int]]) -> FileFormat:
    return FileFormat(record, lambda schema: LIST_HEAD, LIST_BETWEEN, LIST_TAIL)


WRITERS: dict[str, FileFormat | FolderFormat] = {
    "jsonl": FileFormat(_jsonl_line),
    "conll": FileFormat(columns_record),
    "brat": FolderFormat(write_brat, COMMAND),
    "text": FileFormat(marked_record, coloured=coloured_record),
    "html": FileFormat(_html_record, _html_head, tail="</body></html>\n"),
    "doccano": FileFormat(doccano_line),
    "label-studio": _json_list(label_studio_item),
    "mrc": _json_list(mrc_items),
}
"""The formats by name."""


def format_of(name: str) -> FileFormat | FolderFormat:
    """A format by name.

    Raises:
        UsageError: there is none.
    """
    if name not in WRITERS:
        raise UsageError(f"the output format is one of {', '.join(WRITERS)}. Received: {name!r}")
    return WRITERS[name]


def check_outputs(
    form: str, out: Path | None, inputs: Iterable[str | Path] = (), overwrite: bool = False, resumable: bool = False
) -> None:
    """Refuses what `write_outputs` could not write, before any work begins.

    Args:
        form, out, overwrite: see `write_outputs`.
        inputs: what is read; see `outputs.check_output_file`.
        resumable: a journal will be kept, see `journal.Journal`.

    Raises:
        UsageError: unknown format; a folder format without a folder; the output cannot be written, holds what is not ours, or
            is an input.
    """
    writer = format_of(form)
    if isinstance(writer, FolderFormat):
        if out is None:
            raise UsageError(f"{form} needs a folder to write to: -o FOLDER")
        if resumable:
            raise UsageError(f"--resume is for formats of one file, not for {form}")
        check_output_folder(out, writer.command, overwrite, inputs)
    else:
        check_output_file(out, inputs)
        if resumable:
            Journal.check(out)
        elif out is not None:
            Journal.refuse_unfinished(out)


def write_outputs(
    documents: Iterable[Document],
    form: str,
    out: Path | None,
    schema: Schema | None = None,
    on_error: OnError | None = None,
    overwrite: bool = False,
    journal: Journal | None = None,
) -> int:
    """Writes predicted documents as they come.

    Args:
        documents: in the order in which they are written.
        form: in `WRITERS`.
        out: file (folder for brat); None writes to standard output.
        schema: the types that may occur, for the legend and colours of html; and their queries, for mrc.
        on_error: gets the error of each document that cannot be written, which is then left out; by default it is raised.
        overwrite: see `outputs.check_output_folder`.
        journal: takes the documents, behind those that it has already, instead of `out`.

    Returns:
        How many entities the format could not carry.

    Raises:
        UsageError: see `check_outputs`, or mrc without a schema.
        OSError: the output cannot be written.
    """
    on_error = on_error or _raise
    writer = format_of(form)
    if isinstance(writer, FolderFormat):
        if out is None:
            raise UsageError(f"{form} needs a folder to write to: -o FOLDER")
        writer.write(out, documents, on_error, overwrite)
        return 0
    if form == "mrc" and schema is None:
        raise UsageError("mrc needs a schema: it holds the query of each type")
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


def _raise(error: DataError) -> None:
    raise error
