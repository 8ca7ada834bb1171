"""Neighbouring documents joined to longer ones: a corpus that was cut into sentences, as the paragraphs that it was cut from.

A name that is hard to tell in one sentence is often plain in the one before (cross-sentence context: Luoma & Pyysalo 2020,
"Exploring Cross-sentence Contexts for Named Entity Recognition with BERT"). And a model that was trained on sentences alone
is worse on paragraphs, which are what people have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bert_mrc_theseus.mrc.windows import CLAUSE_ENDS, CLOSING, SENTENCE_ENDS
from bert_mrc_theseus.text.documents import Document, Entity

ENDS = SENTENCE_ENDS | CLAUSE_ENDS | CLOSING
"""After other characters, such as the last one of a heading, a line feed keeps two documents' words apart."""


def joined(documents: Iterable[Document], characters: int) -> Iterator[Document]:
    """Runs of documents, in order, each run as one document of at most `characters` characters.

    A longer document stays as it is, alone. What was annotated otherwise (see `Document.annotated` and `silver`) is not
    joined. A run has the id of its first document, and no further fields: they spoke of one document.
    """
    run: Document | None = None
    for document in documents:
        if run is not None:
            longer = _append(run, document)
            if longer is not None and len(longer.text) <= characters:
                run = longer
                continue
            yield run
        run = document
    if run is not None:
        yield run


def _append(run: Document, document: Document) -> Document | None:
    """Both as one; None if they were annotated differently."""
    if (run.silver, run.annotated) != (document.silver, document.annotated):
        return None
    text = run.text if run.text == "" or run.text[-1] in ENDS else run.text + "\n"
    entities = run.entities + _moved(document.entities, len(text))
    return replace(run, text=text + document.text, entities=entities, rest={})


def _moved(entities: Iterable[Entity], by: int) -> tuple[Entity, ...]:
    return tuple(replace(entity, start=entity.start + by, end=entity.end + by) for entity in entities)
