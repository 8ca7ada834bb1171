"""Documents that a format cannot hold: each is reported, and the rest goes on."""

from collections.abc import Iterable, Iterator

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.output.json_streams import json_line
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_to_dict


def unwritable(document: Document, error: DataError | UnicodeEncodeError) -> DataError:
    """Why a document cannot be written.

    Args:
        document: it.
        error: a `DataError` of the format, or that of encoding it.
    """
    if isinstance(error, UnicodeEncodeError):
        code = f"U+{ord(error.object[error.start]):04X}"
        return DataError(f"document {document.id!r} cannot be written: it has {code}, half of a character")
    return error


def writable(documents: Iterable[Document], on_error: OnError) -> Iterator[Document]:
    """The documents that can be written as JSONL.

    Args:
        documents: all.
        on_error: gets the error of each other one.
    """
    for document in documents:
        try:
            json_line(document_to_dict(document)).encode()
        except UnicodeEncodeError as error:
            on_error(unwritable(document, error))
        else:
            yield document
