"""CoNLL columns: a character and a tag a line, a blank line behind each document."""

from collections.abc import Iterable
from typing import IO

from bert_mrc_theseus.files import BYTE_ORDER_MARK
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.tags import tags_from_entities


def column_lines(document: Document, scheme: str = "bio") -> tuple[str, int]:
    """A document as `character<TAB>tag` lines and a blank line, and how many entities tags cannot carry.

    A line end cannot stand in a column: it is written as a space.

    Args:
        document: of nested entities the outermost are kept.
        scheme: in `tags.SCHEMES`.

    Raises:
        ValueError: unknown scheme.
    """
    tags, dropped = tags_from_entities(document.entities, len(document.text), scheme)
    lines = [(" " if char in "\r\n" else char) + f"\t{tag}\n" for char, tag in zip(document.text, tags, strict=True)]
    return "".join(lines) + "\n", dropped


def write_columns(stream: IO[str], documents: Iterable[Document], schema: Schema | None) -> int:
    """Writes columns in BIO; see `write.FileFormat`."""
    dropped = 0
    for number, document in enumerate(documents):
        if not number and document.text.startswith(BYTE_ORDER_MARK):
            # Readers drop one such character at the start of a file.
            stream.write(BYTE_ORDER_MARK)
        lines, lost = column_lines(document)
        stream.write(lines)
        dropped += lost
    return dropped
