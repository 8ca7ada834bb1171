"""What exactly is wrong: every gold entity that was not found and every predicted one that is not gold, once each.

Wrong predictions are matched with missed gold entities one to one, in this order: same span but another type, then the same
type with another boundary, then overlap alone; in each step the largest overlap first. What stays without a partner is missed
or spurious. So errors = false positives + false negatives - matched pairs.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.text.documents import Document, Entity

MISSED, SPURIOUS = "missed", "spurious"
WRONG_TYPE, WRONG_BOUNDARY, WRONG_BOTH = "wrong type", "wrong boundary", "wrong boundary and type"
KINDS = (MISSED, SPURIOUS, WRONG_TYPE, WRONG_BOUNDARY, WRONG_BOTH)
CONTEXT = 15
"""Characters shown on each side of an error."""

_STEPS: tuple[tuple[str, Callable[[Entity, Entity], bool]], ...] = (
    (WRONG_TYPE, lambda a, b: (a.start, a.end) == (b.start, b.end)),
    (WRONG_BOUNDARY, lambda a, b: a.type == b.type),
    (WRONG_BOTH, lambda a, b: True),
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One error.

    Attributes:
        kind: one of `KINDS`.
        document: with its gold entities.
        predicted_document: the same with all that was predicted.
        gold: the entity; None if spurious.
        predicted: the entity; None if missed.
    """

    kind: str
    document: Document
    predicted_document: Document
    gold: Entity | None
    predicted: Entity | None

    def to_dict(self) -> dict[str, Any]:
        """With both entities, their texts, and the text around them."""
        spans = [entity for entity in (self.gold, self.predicted) if entity is not None]
        first, last = min(e.start for e in spans), max(e.end for e in spans)
        return {
            "kind": self.kind,
            "document": self.document.id,
            "gold": self._entity(self.gold),
            "predicted": self._entity(self.predicted),
            "context": self.document.text[max(0, first - CONTEXT) : last + CONTEXT],
        }

    def _entity(self, entity: Entity | None) -> dict[str, Any] | None:
        if entity is None:
            return None
        described = {
            "text": self.document.text_of(entity),
            "type": entity.type,
            "start": entity.start,
            "end": entity.end,
        }
        return described if entity.score is None else {**described, "score": round(entity.score, 4)}


def _overlap(a: Entity, b: Entity) -> int:
    return min(a.end, b.end) - max(a.start, b.start)


def analyse_document(gold: Document, predicted: Document) -> Iterator[Mistake]:
    """The mistakes in one document, by position."""
    missed = [entity for entity in gold.entities if entity not in predicted.entities]
    wrong = [entity for entity in predicted.entities if entity not in gold.entities]
    mistakes: list[Mistake] = []
    for kind, fits in _STEPS:
        pairs = [(-_overlap(g, p), g, p) for g in missed for p in wrong if _overlap(g, p) > 0 and fits(g, p)]
        for _, g, p in sorted(pairs, key=lambda item: item[:3]):
            if g in missed and p in wrong:
                missed.remove(g)
                wrong.remove(p)
                mistakes.append(Mistake(kind, gold, predicted, g, p))
    mistakes += [Mistake(MISSED, gold, predicted, entity, None) for entity in missed]
    mistakes += [Mistake(SPURIOUS, gold, predicted, None, entity) for entity in wrong]
    yield from sorted(mistakes, key=lambda m: (m.gold or m.predicted or Entity(0, 1, "-"), m.kind))


def analyse(gold: Iterable[Document], predicted: Iterable[Document]) -> list[Mistake]:
    """The mistakes in all documents; both sides hold the same documents in the same order."""
    return [mistake for truth, guess in zip(gold, predicted, strict=True) for mistake in analyse_document(truth, guess)]


def count_kinds(mistakes: Iterable[Mistake]) -> dict[str, int]:
    """How many of each kind, all kinds listed."""
    counts = Counter(mistake.kind for mistake in mistakes)
    return {kind: counts[kind] for kind in KINDS}


def write_mistakes(path: str | Path, mistakes: Iterable[Mistake]) -> None:
    """Writes mistakes as JSONL."""
    with atomic_write(path) as stream:
        for mistake in mistakes:
            stream.write(json.dumps(mistake.to_dict(), ensure_ascii=False) + "\n")
