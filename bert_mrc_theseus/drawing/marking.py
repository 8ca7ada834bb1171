"""Texts and documents as HTML, with each entity in a box that names its type.

The names are no text of the page: the style writes them, from `data-t`, so what is copied is the text alone. An entity that
crosses another one is drawn in pieces; a piece that continues one has the class `c` and no name. The style and the script of
`assets` belong to it. Levels are classes, `l1` ... of an entity and `n1` ... of a text: a strict Content-Security-Policy
forbids style attributes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Protocol

from bert_mrc_theseus.drawing.assets import style
from bert_mrc_theseus.drawing.colours import look_of, looks_of
from bert_mrc_theseus.drawing.levels import Span, SpanT, in_reading_order, levels_of

PART = 2_000
"""Characters of a part, about: a browser lays out those parts of a long text that are to be seen."""

LONG_NAME = 24
"""Characters of a type's name that stay on one line."""


class MarkedDocument(Protocol):
    """What is drawn: a document."""

    @property
    def id(self) -> str | int | float: ...

    @property
    def text(self) -> str: ...

    @property
    def entities(self) -> Sequence[Span]: ...


def mark(
    text: str, entities: Iterable[Span], looks: Mapping[str, int], offset: int = 0, outlined: Collection[Span] = ()
) -> str:
    """The text in HTML with its entities marked.

    Args:
        text: a whole text, or a part of one.
        entities: in offsets of the whole text; what lies outside the part is left out.
        looks: of the types, see `colours.looks_of`.
        offset: where the part starts.
        outlined: entities that are to stand out.
    """
    last = offset + len(text)
    drawn = in_reading_order([e for e in entities if e.start < last and e.end > offset])
    levels = levels_of(drawn)
    edges = sorted({offset, last, *(min(max(place, offset), last) for e in drawn for place in (e.start, e.end))})
    parts: list[str] = []
    opened: list[int] = []  # positions in `drawn`, outer ones first
    position = 0

    def opening(number: int, continued: bool) -> str:
        entity = drawn[number]
        return _opening(entity, levels[number], look_of(entity.type, looks), entity in outlined, continued)

    for start, end in pairwise(edges):
        # An entity that ends here may lie around others that go on: those are closed too, and opened again.
        ending = next((i for i, n in enumerate(opened) if drawn[n].end <= start), len(opened))
        parts.append("</mark>" * (len(opened) - ending))
        going_on = [n for n in opened[ending:] if drawn[n].end > start]
        parts += [opening(n, continued=True) for n in going_on]
        opened[ending:] = going_on
        while position < len(drawn) and drawn[position].start <= start:
            parts.append(opening(position, continued=drawn[position].start < offset))
            opened.append(position)
            position += 1
        parts.append(_escaped(text[start - offset : end - offset]))
    parts.append("</mark>" * len(opened))
    return "".join(parts)


def text_html(text: str, entities: Iterable[Span], looks: Mapping[str, int]) -> str:
    """A whole text as a paragraph, with room for the underlines of its entities.

    Args:
        text: what is drawn.
        entities: in any order.
        looks: of the types, see `colours.looks_of`.
    """
    drawn = in_reading_order(list(entities))
    depth = max(levels_of(drawn), default=0)
    parts = [mark(part, inside, looks, start) for part, inside, start in _parts(text, drawn)]
    marked = parts[0] if len(parts) == 1 else "".join(f"<span>{part}</span>" for part in parts)
    return f'<p class="bmt-text{f" n{depth}" if depth else ""}">{marked}</p>'


def document_html(document: MarkedDocument, looks: Mapping[str, int]) -> str:
    """A document under its name, with the number of its entities.

    Args:
        document: what is drawn.
        looks: of the types, see `colours.looks_of`.
    """
    return (
        f'<article class="bmt-document" id="{escape(str(document.id))}">'
        f'<header><span class="bmt-name">{escape(str(document.id))}</span> <span>{len(document.entities)}</span></header>'
        f"{text_html(document.text, document.entities, looks)}</article>\n"
    )


def legend_html(looks: Mapping[str, int], counts: Mapping[str, int] | None = None) -> str:
    """The types with their looks.

    Args:
        looks: see `colours.looks_of`.
        counts: how many entities of each type there are; by default the script counts those of the page.
    """
    chips = []
    for name, look in looks.items():
        number = "" if counts is None else f" <span>{counts[name]:,}</span>"
        chips.append(
            f'<span class="bmt-type k{look}" data-type="{_escaped(name)}"><b>{_escaped(name)}</b>{number}</span>'
        )
    return f'<div class="bmt-legend">{" ".join(chips)}</div>\n'


def fragment_html(documents: Sequence[MarkedDocument], types: Iterable[str] = ()) -> str:
    """Documents under a legend that counts their entities, to be put into a page that has `assets.style()`.

    Args:
        documents: what is drawn.
        types: those that come first in the legend, whether they occur or not.
    """
    counts = Counter(entity.type for document in documents for entity in document.entities)
    looks = looks_of([*types, *sorted(counts)])
    inside = "".join(document_html(document, looks) for document in documents)
    return f'<div class="bmt">{legend_html(looks, counts)}{inside}</div>'


def notebook_html(documents: Sequence[MarkedDocument]) -> str:
    """Documents with the style, for a notebook's cell, in which no script is needed."""
    return f"<style>{style()}</style>{fragment_html(documents)}"


def _parts(text: str, entities: Sequence[SpanT]) -> Iterator[tuple[str, Sequence[SpanT], int]]:
    """Parts of a text, each with its entities and where it starts; cut behind line feeds that are in no entity.

    Args:
        text: a whole text.
        entities: in reading order.
    """
    start = first = 0
    while True:
        end, last, earliest = start, first, start + PART
        while end < min(earliest, len(text)):
            end = text.find("\n", earliest - 1) + 1 or len(text)
            while last < len(entities) and entities[last].start < end:
                earliest = max(earliest, entities[last].end)
                last += 1
        yield text[start:end], entities[first:last], start
        if end == len(text):
            return
        start, first = end, last


def _opening(entity: Span, level: int, look: int, outlined: bool, continued: bool) -> str:
    facts = ([] if entity.score is None else [f"{entity.score:.3f}"]) + ([entity.source] if entity.source else [])
    title = f"{entity.type} [{entity.start}, {entity.end}){' ' if facts else ''}{', '.join(facts)}"
    flags = {f"l{level}": level > 0, "c": continued, "d": outlined, "long": len(entity.type) > LONG_NAME}
    classes = " ".join([f"k{look}", *(name for name, given in flags.items() if given)])
    return f'<mark class="{classes}" data-t="{_escaped(entity.type)}" title="{_escaped(title)}">'


def _escaped(text: str) -> str:
    # A parser of HTML makes a line feed of a carriage return that is not escaped.
    return escape(text).replace("\r", "&#13;")
