"""Offsets that were counted in another unit than ours, told by the texts that stand beside them.

Annotation tools that live in a browser count UTF-16 units, and a line end "\\r\\n" as one character; so do editors under
Windows. The copied text is believed: of all readings of a document's offsets, the one holds that fits most of the copies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert_mrc_theseus.output.brat import on_one_line


@dataclass(frozen=True, slots=True)
class Claim:
    """A span as somebody else counted it.

    Attributes:
        start, end: half-open, in any unit.
        copied: the text that stands there; None: nobody says.
    """

    start: int
    end: int
    copied: str | None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where claims are.

    Attributes:
        spans: half-open, in code points, a claim each; None: its text is not there, or nothing tells where it is.
        right: how many have their copied text.
    """

    spans: tuple[tuple[int, int] | None, ...]
    right: int


def place(text: str, claims: Sequence[Claim]) -> Placed:
    """Finds the one reading of a document's offsets.

    Claims without a copied text go with the others; where nobody has one, they count if all readings agree.

    Args:
        text: of the document.
        claims: all of it.
    """
    wide, ends = any(char > "\uffff" for char in text), "\r\n" in text
    best = Placed((), -1)
    readings = []
    for units, one_end in ((False, False), (False, True), (True, False), (True, True)):
        if units > wide or one_end > ends:
            continue
        spans = _spans(text, claims, _places(text, units, one_end) if units or one_end else None)
        readings.append(spans)
        right = [
            span is not None and claim.copied is not None and is_copy(text[slice(*span)], claim.copied)
            for span, claim in zip(spans, claims, strict=True)
        ]
        if sum(right) > best.right:
            kept = (
                span if ok or claim.copied is None else None
                for span, ok, claim in zip(spans, right, claims, strict=True)
            )
            best = Placed(tuple(kept), sum(right))
        if all(right):
            break
    if best.right:
        return best
    agreed = (spans[0] if len(set(spans)) == 1 else None for spans in zip(*readings, strict=True))
    return Placed(tuple(span if claim.copied is None else None for span, claim in zip(agreed, claims, strict=True)), 0)


def is_copy(text: str, copied: str) -> bool:
    """Whether a text is what was copied, but for white space, which tools change (some write a line end as `\\n`)."""
    bare = _bare(text)
    return on_one_line(text) == on_one_line(copied) or (bare != "" and bare == _bare(copied))


def only_place(text: str, copied: str) -> tuple[int, int] | None:
    """Where a copied text stands, if it stands in one place only."""
    start = text.find(copied) if copied else -1
    once = start >= 0 and text.find(copied, start + 1) < 0
    return (start, start + len(copied)) if once else None


def _bare(text: str) -> str:
    return "".join(text.replace("\\n", " ").split())


def _places(text: str, units: bool, one_end: bool) -> Mapping[int, int]:
    """Code points before each offset.

    Args:
        text: of the document.
        units: offsets are UTF-16 units.
        one_end: "\\r\\n" counts as one.
    """
    places, offset = {0: 0}, 0
    for position, char in enumerate(text):
        if not (one_end and char == "\n" and text[position - 1 : position] == "\r"):
            offset += 2 if units and char > "\uffff" else 1
        places[offset] = position + 1
    return places


def _spans(text: str, claims: Sequence[Claim], places: Mapping[int, int] | None) -> tuple[tuple[int, int] | None, ...]:
    found = []
    for claim in claims:
        start, end = (
            (claim.start, claim.end) if places is None else (places.get(claim.start, -1), places.get(claim.end, -1))
        )
        found.append((start, end) if 0 <= start < end <= len(text) else None)
    return tuple(found)
