"""What prediction writes: a stream of documents in one of the formats of `WRITERS`. A file or folder appears when it is
complete.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files import atomic_write
from bert_mrc_theseus.output.annotation_tools import write_doccano, write_label_studio
from bert_mrc_theseus.output.brat import write_brat
from bert_mrc_theseus.output.columns import write_columns
from bert_mrc_theseus.output.json_streams import write_json_lines
from bert_mrc_theseus.output.marked_text import write_marked_text
from bert_mrc_theseus.output.mrc_json import write_mrc
from bert_mrc_theseus.text.documents import Document, document_to_dict
from bert_mrc_theseus.text.schema import Schema


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of one text stream: a file, or standard output.

    Attributes:
        write: (stream, documents, schema) -> how many entities the format could not carry. It takes one document at a
            time. The schema is that of the types which were asked; formats that show no types or queries ignore it.
    """

    write: Callable[[IO[str], Iterable[Document], Schema | None], int]


@dataclass(frozen=True, slots=True)
class FolderFormat:
    """A format of several files, in a folder.

    Attributes:
        write: as that of `FileFormat`, with the folder, which it replaces in one atomic step.
    """

    write: Callable[[Path, Iterable[Document], Schema | None], int]


def _write_jsonl(stream: IO[str], documents: Iterable[Document], schema: Schema | None) -> int:
    write_json_lines(stream, map(document_to_dict, documents))
    return 0


def _write_html(stream: IO[str], documents: Iterable[Document], schema: Schema | None) -> int:
    # Imported here, since every other format would pay for the templates.
    from bert_mrc_theseus.output.entity_html import write_html

    return write_html(stream, documents, schema)


WRITERS: dict[str, FileFormat | FolderFormat] = {
    "jsonl": FileFormat(_write_jsonl),
    "conll": FileFormat(write_columns),
    "brat": FolderFormat(write_brat),
    "text": FileFormat(write_marked_text),
    "html": FileFormat(_write_html),
    "doccano": FileFormat(write_doccano),
    "label-studio": FileFormat(write_label_studio),
    "mrc": FileFormat(write_mrc),
}
"""The formats by name."""


def write_outputs(documents: Iterable[Document], form: str, out: Path | None, schema: Schema | None = None) -> int:
    """Writes predicted documents as they come.

    Args:
        documents: in the order in which they are written.
        form: in `WRITERS`.
        out: file (folder for brat); None writes to standard output.
        schema: the types that may occur, for the legend and colours of html; and their queries, for mrc.

    Returns:
        How many entities the format could not carry.

    Raises:
        UserError: unknown format, brat without a folder, or mrc without a schema.
    """
    writer = WRITERS.get(form)
    if writer is None:
        raise UserError(f"the output format is one of {', '.join(WRITERS)}. Received: {form!r}")
    if isinstance(writer, FolderFormat):
        if out is None:
            raise UserError(f"{form} needs a folder to write to: -o FOLDER")
        return writer.write(out, documents, schema)
    if out is not None:
        with atomic_write(out) as stream:
            return writer.write(stream, documents, schema)
    dropped = writer.write(sys.stdout, documents, schema)
    # A pipe without a reader is noticed here, where the command line answers it, and not while Python shuts down.
    sys.stdout.flush()
    return dropped
