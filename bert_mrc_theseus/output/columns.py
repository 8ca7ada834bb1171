"""CoNLL columns: a character and a tag a line, a blank line behind each document."""

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.reading import BYTE_ORDER_MARK
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


def columns_record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """A document in BIO; see `write.FileFormat`.

    Raises:
        DataError: a type has white space, which separates columns.
    """
    for entity in document.entities:
        if any(char.isspace() for char in entity.type):
            raise DataError(
                f"document {document.id!r}: the type {entity.type!r} has white space, which separates columns"
            )
    lines, dropped = column_lines(document)
    # Readers drop one such character at the start of a file.
    first = BYTE_ORDER_MARK if not number and document.text.startswith(BYTE_ORDER_MARK) else ""
    return first + lines, dropped
