"""What one set of predictions has and another does not: what compression lost, and what it gained."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert_mrc_theseus.text.documents import Document, Entity


@dataclass(frozen=True, slots=True)
class Change:
    """An entity that one of two predictions has.

    Attributes:
        document: position of its document.
        entity: as gold has it, or else as it was predicted.
    """

    document: int
    entity: Entity


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of the entities of one type from one prediction to the next.

    Attributes:
        kept: gold entities that both found.
        lost: gold entities that only the first found.
        gained: gold entities that only the second found.
        missed: gold entities that neither found.
        repeated: wrong entities that both predicted.
        corrected: wrong entities that only the first predicted.
        invented: wrong entities that only the second predicted.
    """

    kept: int
    lost: tuple[Change, ...]
    gained: tuple[Change, ...]
    missed: int
    repeated: int
    corrected: tuple[Change, ...]
    invented: tuple[Change, ...]


def changes_by_type(
    gold: Sequence[Document], first: Sequence[Document], second: Sequence[Document], types: Sequence[str]
) -> dict[str, Changes]:
    """What changes, for each type.

    Args:
        gold: the documents with their gold entities.
        first, second: the same documents with predicted ones.
        types: in the order of the result; entities of others are left out.
    """
    triples = list(enumerate(zip(gold, first, second, strict=True)))

    def of_type(name: str) -> Changes:
        kept = missed = repeated = 0
        lists: dict[str, list[Change]] = {"lost": [], "gained": [], "corrected": [], "invented": []}
        for number, documents in triples:
            truth, before, after = ({e: e for e in d.entities if e.type == name} for d in documents)
            kept += len(truth.keys() & before.keys() & after.keys())
            missed += len(truth.keys() - before.keys() - after.keys())
            repeated += len(before.keys() & after.keys() - truth.keys())
            for place, one, other, right in (
                ("lost", before, after, True),
                ("gained", after, before, True),
                ("corrected", before, after, False),
                ("invented", after, before, False),
            ):
                lists[place] += [Change(number, e) for e in one.values() if e not in other and (e in truth) == right]
        return Changes(
            kept,
            tuple(lists["lost"]),
            tuple(lists["gained"]),
            missed,
            repeated,
            tuple(lists["corrected"]),
            tuple(lists["invented"]),
        )

    return {name: of_type(name) for name in types}
