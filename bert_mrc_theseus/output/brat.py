"""BRAT standoff: a folder with a `.txt` and an `.ann` for each document.

Offsets are half-open, in characters of the untouched text, line ends included.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert_mrc_theseus.files import atomic_folder
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema

LONGEST_NAME = 60
"""Characters of a file's name; file systems hold 255 bytes."""


def on_one_line(text: str) -> str:
    """BRAT keeps an annotation on one line: line ends in it become spaces."""
    return text.replace("\r", " ").replace("\n", " ")


def annotation_lines(document: Document) -> Iterator[str]:
    """The `.ann` lines of a document."""
    for number, entity in enumerate(document.entities, 1):
        yield f"T{number}\t{entity.type} {entity.start} {entity.end}\t{on_one_line(document.text_of(entity))}\n"


def write_brat(folder: Path, documents: Iterable[Document], schema: Schema | None) -> int:
    """Writes the whole folder in one atomic step; see `write.FolderFormat`.

    Files are named by the document's id, as far as that can be a file name; a repeated one gets a number.
    """
    names: Counter[str] = Counter()
    with atomic_folder(folder) as new:
        for document in documents:
            stem = str(document.id).replace("/", "_").lstrip("._")[-LONGEST_NAME:] or "document"
            names[stem] += 1
            stem += f"-{names[stem]}" if names[stem] > 1 else ""
            (new / f"{stem}.txt").write_bytes(document.text.encode("utf-8"))
            (new / f"{stem}.ann").write_bytes("".join(annotation_lines(document)).encode("utf-8"))
    return 0
