"""Entities <-> tags: written in the schemes BIO, BIOES and BMES; read in BIOS, BILUO and BMEWO too.

The schemes differ in whether the last tag of an entity is another (E; L in BILUO) and that of an entity of one tag (S; U in
BILUO, W in BMEWO). Tags carry flat entities only; the round trip entities -> tags -> entities is exact for those. Illegal
sequences are repaired by one rule and counted: a tag that continues an entity (I, M or E) where none of its type is open
begins a new one, as in conlleval.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bert_mrc_theseus.text.documents import Entity
from bert_mrc_theseus.text.json_records import shown

SCHEMES = {"bio": "BI", "bioes": "BIES", "bmes": "BMES"}
"""The schemes that are written."""

OUTSIDE = "O"

PREFIXES = {"B": "B", "I": "I", "M": "M", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
"""The prefixes that are read, as those of BIOES and BMES."""

CLOSING = frozenset("ELM")
"""Prefixes of schemes in which an entity of several tags ends with E or L."""


class TagError(ValueError):
    """A tag of no known scheme. `position` is its index in the sequence."""

    def __init__(self, tag: str, position: int):
        super().__init__(
            f"unknown tag {shown(tag)}; tags are O, or one of {' '.join(PREFIXES)}, a hyphen or underscore, and a type"
        )
        self.position = position


@dataclass(frozen=True, slots=True)
class TagResult:
    """Entities read from tags.

    Attributes:
        entities: with offsets in tags.
        repaired: I, M or E tags that continued nothing and were taken as the begin of an entity.
        unclosed: entities of schemes with an end tag that ended without one; they are kept as they stand.
    """

    entities: tuple[Entity, ...]
    repaired: int
    unclosed: int


def split_tag(tag: str, position: int = 0) -> tuple[str, str]:
    """Prefix and type of a tag; ("O", "") outside.

    Raises:
        TagError: not a tag of any scheme.
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    if len(tag) < 3 or tag[0] not in PREFIXES or tag[1] not in "-_":
        raise TagError(tag, position)
    return tag[0], tag[2:]


def prefixes_of(tags: Iterable[str]) -> frozenset[str]:
    """The prefixes that tags use; those of no scheme are passed over."""
    return frozenset(tag[0] for tag in tags if tag != OUTSIDE and tag[:1] in PREFIXES and tag[1:2] in ("-", "_"))


def scheme_of(prefixes: frozenset[str]) -> str:
    """The scheme to which some prefixes belong: bio, bios, bioes, biluo, bmes or bmewo.

    Args:
        prefixes: see `prefixes_of`; better those of a whole file than of one sentence.
    """
    if "W" in prefixes:
        return "bmewo"
    if prefixes & {"L", "U"}:
        return "biluo"
    if "M" in prefixes:
        return "bmes"
    return "bioes" if "E" in prefixes else "bios" if "S" in prefixes else "bio"


def entities_from_tags(tags: Sequence[str], closes: bool | None = None) -> TagResult:
    """Reads entities from tags of any scheme.

    Args:
        tags: one a character (or token).
        closes: whether an entity of several tags must end with E or L; by default it must if the tags have any E, L or M.

    Raises:
        TagError: a tag is of no scheme.
    """
    parts = [split_tag(tag, position) for position, tag in enumerate(tags)]
    if closes is None:
        closes = bool(CLOSING & {prefix for prefix, _ in parts})
    parts = [(PREFIXES.get(prefix, prefix), name) for prefix, name in parts]
    entities: list[Entity] = []
    opened: tuple[int, str] | None = None
    repaired = unclosed = 0
    for position, (prefix, name) in enumerate([*parts, (OUTSIDE, "")]):
        continues = prefix in "IME" and opened is not None and opened[1] == name
        if opened is not None and not continues:
            entities.append(Entity(opened[0], position, opened[1]))
            unclosed += closes
            opened = None
        if prefix == OUTSIDE:
            continue
        if not continues:
            repaired += prefix in "IME"
            opened = (position, name)
        if prefix in "ES" and opened is not None:
            entities.append(Entity(opened[0], position + 1, name))
            opened = None
    return TagResult(tuple(entities), repaired, unclosed)


def outermost(entities: Iterable[Entity]) -> tuple[tuple[Entity, ...], int]:
    """The entities that tags can carry, and how many are left out.

    Of entities that overlap the longest is kept, of equally long ones the first by (start, type).
    """
    chosen: list[Entity] = []
    everything = sorted(entities, key=lambda e: (e.start - e.end, e.start, e.type))
    for entity in everything:
        if all(entity.end <= other.start or other.end <= entity.start for other in chosen):
            chosen.append(entity)
    return tuple(sorted(chosen)), len(everything) - len(chosen)


def tags_from_entities(entities: Iterable[Entity], length: int, scheme: str = "bio") -> tuple[list[str], int]:
    """Tags of a text of `length` characters, and how many entities they cannot carry (see `outermost`).

    Raises:
        ValueError: unknown scheme, or an entity lies outside the text.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"a tag scheme is one of {', '.join(SCHEMES)}. Received: {scheme!r}")
    inside = "M" if scheme == "bmes" else "I"
    tags = [OUTSIDE] * length
    kept, dropped = outermost(entities)
    for entity in kept:
        if entity.end > length:
            raise ValueError(f"entity [{entity.start}, {entity.end}) lies outside the text of {length} characters")
        size = entity.end - entity.start
        if scheme == "bio":
            prefixes = "B" + inside * (size - 1)
        else:
            prefixes = "S" if size == 1 else "B" + inside * (size - 2) + "E"
        tags[entity.start : entity.end] = [f"{prefix}-{entity.type}" for prefix in prefixes]
    return tags, dropped
