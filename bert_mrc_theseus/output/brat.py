"""BRAT standoff: a folder with a `.txt` and an `.ann` for each document, and a file that says which document each name is.

Offsets are half-open, in characters of the untouched text, line ends included.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.output.file_names import FileNames
from bert_mrc_theseus.output.unwritable import unwritable
from bert_mrc_theseus.outputs import output_folder
from bert_mrc_theseus.text.documents import Document

COMMAND = "predict --format brat"
"""What wrote such a folder; see `outputs.output_folder`."""

IDS = "document-ids.json"
"""Name of a file -> id of the document in it, where they differ."""


def on_one_line(text: str) -> str:
    """BRAT keeps an annotation on one line: line ends in it become spaces."""
    return text.replace("\r", " ").replace("\n", " ")


def annotation_lines(document: Document) -> Iterator[str]:
    """The `.ann` lines of a document.

    Raises:
        DataError: a type has white space, which ends it there.
    """
    for number, entity in enumerate(document.entities, 1):
        if any(char.isspace() for char in entity.type):
            raise DataError(
                f"document {document.id!r}: the type {entity.type!r} has white space, which ends it in BRAT"
            )
        yield f"T{number}\t{entity.type} {entity.start} {entity.end}\t{on_one_line(document.text_of(entity))}\n"


def brat_files(documents: Iterable[Document], on_error: OnError) -> Iterator[tuple[str, bytes]]:
    """Yields (name, content) of the files of a folder: two of each document, and in the end the one that has their ids.

    Files are named by the document's id, as far as that can be a file name, see `file_names`.

    Args:
        documents: with entities.
        on_error: gets the error of each document that cannot be written, which is then left out.
    """
    names = FileNames(".txt")
    ids = []
    for document in documents:
        try:
            text, annotations = document.text.encode(), "".join(annotation_lines(document)).encode()
        except (DataError, UnicodeEncodeError) as error:
            on_error(unwritable(document, error))
            continue
        name = names.name_for(str(document.id))
        yield f"{name}.txt", text
        yield f"{name}.ann", annotations
        if name != document.id:
            # ASCII: an id may be a file's name, which need not be text. A number stays one.
            ids.append(f"\n{json.dumps(name)}: {json.dumps(document.id)}")
    yield IDS, ("{" + ",".join(ids) + ("\n}\n" if ids else "}\n")).encode()


def write_brat(folder: Path, documents: Iterable[Document], on_error: OnError, overwrite: bool = False) -> None:
    """Writes the whole folder in one atomic step; see `write.FolderFormat`."""
    with output_folder(folder, COMMAND, overwrite, belongs=lambda name: name == IDS) as new:
        for name, content in brat_files(documents, on_error):
            (new / name).write_bytes(content)
