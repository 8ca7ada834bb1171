"""Scores of predicted documents against gold ones.

The headline is strict F1: an entity counts if start, end and type are all right. Beside it stands, under its own name, the
metric of the project this one generalises. Without any entity, precision, recall and F1 are 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bert_mrc_theseus.text.documents import Document


@dataclass(frozen=True, slots=True)
class PRF:
    """Counts of true positives, false positives and false negatives, and what follows from them."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: "PRF") -> "PRF":
        return PRF(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp else 0.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0

    @property
    def support(self) -> int:
        """Number of gold entities."""
        return self.tp + self.fn

    def to_dict(self) -> dict[str, float | int]:
        return {
            "precision": round(self.precision, 6),
            "recall": round(self.recall, 6),
            "f1": round(self.f1, 6),
            "support": self.support,
            "predicted": self.tp + self.fp,
            "correct": self.tp,
        }


def nested_recall(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, PRF]:
    """How many of the gold entities were found: those inside another one ("inner"), those around one ("outer"; not inner
    themselves) and the others ("flat"), by strict comparison. False positives belong to no part and are 0.
    """
    counts = {part: [0, 0] for part in ("flat", "outer", "inner")}
    for truth, guess in zip(gold, predicted, strict=True):
        known = set(guess.entities)
        for entity in truth.entities:
            others = [e for e in truth.entities if (e.start, e.end) != (entity.start, entity.end)]
            if any(e.start <= entity.start and entity.end <= e.end for e in others):
                part = "inner"
            elif any(entity.start <= e.start and e.end <= entity.end for e in others):
                part = "outer"
            else:
                part = "flat"
            counts[part][entity not in known] += 1
    return {part: PRF(tp=hit, fn=missed) for part, (hit, missed) in counts.items()}


def hits_and_misses(gold: set, predicted: set) -> PRF:
    return PRF(len(gold & predicted), len(predicted - gold), len(gold - predicted))


@dataclass(frozen=True, slots=True)
class Scores:
    """Strict scores: micro over all entities, and per type in the schema's order."""

    micro: PRF
    types: dict[str, PRF] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"micro": self.micro.to_dict(), "types": {name: prf.to_dict() for name, prf in self.types.items()}}


def _pairs(gold: Iterable[Document], predicted: Iterable[Document]) -> Iterable[tuple[Document, Document]]:
    for truth, guess in zip(gold, predicted, strict=True):
        if truth.id != guess.id or truth.text != guess.text:
            raise ValueError(f"documents do not match: gold {truth.id!r}, predicted {guess.id!r}")
        yield truth, guess


def strict_scores(gold: Iterable[Document], predicted: Iterable[Document], types: Sequence[str]) -> Scores:
    """Strict (start, end, type) scores.

    Args:
        gold: the untruncated documents, with their entities.
        predicted: the same documents in the same order, with predicted entities.
        types: types to report, in order; types that occur beside them follow.

    Raises:
        TypeError: `types` is one name.
        ValueError: the documents do not match.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> gold = [bmt.Document("1", "程晓光在广州", (bmt.Entity(0, 3, "PER"), bmt.Entity(4, 6, "LOC")))]
        >>> predicted = [bmt.Document("1", "程晓光在广州", (bmt.Entity(0, 3, "PER"),))]
        >>> scores = bmt.strict_scores(gold, predicted, ["PER", "LOC"])
        >>> scores.micro.precision, scores.micro.recall, scores.types["LOC"].f1
        (1.0, 0.5, 0.0)
    """
    if isinstance(types, str):
        raise TypeError(f"types are a list of names. Received: {types!r}")
    scores = {name: PRF() for name in types}
    for truth, guess in _pairs(gold, predicted):
        for name in dict.fromkeys(entity.type for entity in (*truth.entities, *guess.entities)):
            counts = hits_and_misses(
                {(e.start, e.end) for e in truth.entities if e.type == name},
                {(e.start, e.end) for e in guess.entities if e.type == name},
            )
            scores[name] = scores.get(name, PRF()) + counts
    return Scores(sum(scores.values(), PRF()), scores)


def string_set_scores(gold: Iterable[Document], predicted: Iterable[Document]) -> PRF:
    """The metric of the original project: sets of entity strings per sentence, types and positions ignored.

    Source: `cal_mertric_from_two_list` in load_and_predict.py of qiufengyuyi/sequence_tagging, which made the published
    0.9580. It counts a string once however often it occurs, and a wrong type as right: not comparable with strict F1.
    """
    total = PRF()
    for truth, guess in _pairs(gold, predicted):
        total += hits_and_misses(
            {truth.text_of(entity) for entity in truth.entities}, {guess.text_of(entity) for entity in guess.entities}
        )
    return total
