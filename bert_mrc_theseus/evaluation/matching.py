"""Predictions that any program made, put beside the gold documents: matched by id and text, whatever their order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.json_records import shown


def match_predictions(gold: Sequence[Document], predicted: Iterable[Document], path: str | Path) -> list[Document]:
    """For each gold document the one with its id and text, or else one with its text; each is taken once.

    Entities of types that a gold document was not annotated for are left out.

    Args:
        gold: the documents with their gold entities.
        predicted: with predicted ones.
        path: the file that they are from, for messages.

    Returns:
        Documents with the ids of the gold ones, in their order.

    Raises:
        DataError: a gold document has no counterpart.
    """
    by_text: dict[str, list[Document]] = defaultdict(list)
    for document in predicted:
        by_text[document.text].append(document)
    found: dict[int, Document] = {}
    for by_id in (True, False):
        for number, truth in enumerate(gold):
            candidates = by_text[truth.text]
            place = next((i for i, d in enumerate(candidates) if not by_id or str(d.id) == str(truth.id)), None)
            if number not in found and place is not None:
                found[number] = candidates.pop(place)
    missing = [truth for number, truth in enumerate(gold) if number not in found]
    if missing:
        raise DataError(
            f"{len(missing):,} of {len(gold):,} gold documents are not among the predictions; the first is {missing[0].id!r}, "
            f"{shown(missing[0].text)}",
            path,
            hint="documents are matched by their text, which must be the same to the character",
        )
    return [_as_gold(found[number], truth) for number, truth in enumerate(gold)]


def only_types(documents: Iterable[Document], types: Collection[str]) -> list[Document]:
    """Documents without the entities of other types."""
    return [
        replace(
            document,
            entities=tuple(entity for entity in document.entities if entity.type in types),
            annotated=None
            if document.annotated is None
            else tuple(name for name in document.annotated if name in types),
        )
        for document in documents
    ]


def _as_gold(predicted: Document, truth: Document) -> Document:
    asked = truth.annotated
    entities = tuple(dict.fromkeys(e for e in predicted.entities if asked is None or e.type in asked))
    return replace(truth, entities=entities)
