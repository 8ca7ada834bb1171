"""The types of name that programs and corpora have in common: persons, places, organisations."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from bert_mrc_theseus.text.documents import Document, Entity

NAME_TYPES = ("PER", "LOC", "ORG")

_KNOWN = {
    **{name: name for name in NAME_TYPES},
    **{"PERSON": "PER", "NR": "PER", "GPE": "LOC", "NS": "LOC", "NT": "ORG"},
}


def name_type(kind: str) -> str | None:
    """PER, LOC or ORG for a type of that meaning, None for any other.

    Besides these three: PERSON, NR, GPE, NS and NT; in small letters too; and with .NAM behind it (the mention names it), not
    with another ending such as .NOM (the mention describes it).
    """
    base, _, ending = kind.upper().partition(".")
    return _KNOWN.get(base) if ending in ("", "NAM") else None


def name_entities(entities: Iterable[Entity], annotated: Iterable[str] | None = None) -> tuple[Entity, ...]:
    """The names among entities, with the common types; each once.

    Args:
        entities: of any types.
        annotated: types that were looked for, see `Document.annotated`; names of others are left out.
    """
    asked = NAME_TYPES if annotated is None else {name_type(kind) for kind in annotated}
    named = [(entity, name_type(entity.type)) for entity in entities]
    return tuple(dict.fromkeys(replace(entity, type=kind) for entity, kind in named if kind and kind in asked))


def only_names(document: Document) -> Document:
    """A document whose entities are its names, with the common types."""
    return replace(document, entities=name_entities(document.entities), annotated=None)


def gold_types(documents: Iterable[Document]) -> dict[str, dict[str, str | int | None]]:
    """What becomes of each type: `{type: {"as": PER, LOC, ORG or None (left out), "entities": how many}}`, by name."""
    counts = Counter(entity.type for document in documents for entity in document.entities)
    return {kind: {"as": name_type(kind), "entities": counts[kind]} for kind in sorted(counts)}
