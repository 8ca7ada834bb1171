"""The formats that prediction writes, by name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.output.annotation_tools import doccano_line, label_studio_item
from bert_mrc_theseus.output.brat import COMMAND, write_brat
from bert_mrc_theseus.output.columns import columns_record
from bert_mrc_theseus.output.delimited_rows import delimited_head, delimited_rows
from bert_mrc_theseus.output.entity_cells import ENTITY_COLUMNS, entity_values
from bert_mrc_theseus.output.json_streams import LIST_BETWEEN, LIST_HEAD, LIST_TAIL, json_line
from bert_mrc_theseus.output.marked_text import coloured_record, marked_record
from bert_mrc_theseus.output.mrc_json import mrc_items
from bert_mrc_theseus.output.terminal import shown
from bert_mrc_theseus.output.unwritable import unwritable
from bert_mrc_theseus.tables.columns import Columns
from bert_mrc_theseus.tables.delimited import DELIMITERS
from bert_mrc_theseus.tables.kinds import TYPED, kind_of_name
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


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A format of rows and columns: those of the input, and those of entities.

    Attributes:
        kind: in `tables.kinds.KINDS`.
    """

    kind: str

    @property
    def typed(self) -> bool:
        """Whether its columns have types; such a file is not text, and is written as a whole."""
        return self.kind in TYPED

    def text_format(self, columns: Columns, entity_rows: bool) -> FileFormat:
        """It as a stream of text.

        Args:
            columns: of all rows.
            entity_rows: a row is an entity, and not a text.
        """
        delimiter = DELIMITERS[self.kind]
        return FileFormat(
            lambda document, number, schema: (delimited_rows(document, columns, delimiter, entity_rows), 0),
            lambda schema: delimited_head(columns, delimiter, entity_rows),
        )


def _jsonl_line(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    return json_line(document_to_dict(document)), 0


def jsonl_entities(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """A document as a line of JSONL for each entity."""
    record = document_to_dict(document)
    del record["entities"]
    lines = (
        json_line({**record, **dict(zip(ENTITY_COLUMNS, values, strict=True))}) for values in entity_values(document)
    )
    return "".join(lines), 0


# Imported when they are called, since every other format would pay for the templates.
def _html_head(schema: Schema | None) -> str:
    from bert_mrc_theseus.output.entity_html import html_head

    return html_head(schema)


def _html_record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    from bert_mrc_theseus.output.entity_html import html_record

    return html_record(document, number, schema)


def _json_list(record: Callable[[Document, int, Schema | None], tuple[str, int]]) -> FileFormat:
    return FileFormat(record, lambda schema: LIST_HEAD, LIST_BETWEEN, LIST_TAIL)


WRITERS: dict[str, FileFormat | FolderFormat | TableFormat] = {
    "jsonl": FileFormat(_jsonl_line),
    "conll": FileFormat(columns_record),
    "brat": FolderFormat(write_brat, COMMAND),
    "text": FileFormat(marked_record, coloured=coloured_record),
    "html": FileFormat(_html_record, _html_head, tail="</body></html>\n"),
    "doccano": FileFormat(doccano_line),
    "label-studio": _json_list(label_studio_item),
    "mrc": _json_list(mrc_items),
    "parquet": TableFormat("parquet"),
    "arrow": TableFormat("arrow"),
    "csv": TableFormat("csv"),
    "tsv": TableFormat("tsv"),
}
"""The formats by name."""

DEFAULT_FORMAT = "jsonl"


def format_by_name(out: str | Path | None) -> str:
    """The format of an output for which none is named: that of a table if its name says so."""
    return (None if out is None else kind_of_name(out)) or DEFAULT_FORMAT


def format_of(name: str) -> FileFormat | FolderFormat | TableFormat:
    """A format by name.

    Raises:
        UsageError: there is none.
    """
    if name not in WRITERS:
        raise UsageError(f"the output format is one of {', '.join(WRITERS)}. Received: {name!r}")
    return WRITERS[name]
