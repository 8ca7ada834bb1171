"""Documents that a format cannot hold: each is reported, and the rest goes on."""

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document


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
