"""What the Python interface is given as texts -> documents."""

import reprlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bert_mrc_theseus.text.documents import Document


def documents_of(texts: Any) -> Iterator[Document]:
    """Texts as documents, numbered from 0.

    Raises:
        TypeError: these are no texts; or, when its turn comes, one of them is none.
    """
    if isinstance(texts, str):
        raise TypeError("batch takes several texts: give a list of them, or call the extractor itself with one text")
    # A mapping or a pandas DataFrame would give its keys or columns.
    if isinstance(texts, bytes | Mapping) or hasattr(texts, "columns") or not isinstance(texts, Iterable):
        raise TypeError(f"texts are a str, or a list or other iterable of str. Received: {type(texts).__name__}")

    def documents() -> Iterator[Document]:
        for number, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"text {number}, counted from 0, is no str. Received: {reprlib.repr(text)}")
            yield Document(number, text)

    return documents()
