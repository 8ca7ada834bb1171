"""Documents as HTML with their entities underlined, nested and crossing ones too, and pages that need no other file."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import Schema

COLOURS = ("#d1495b", "#00798c", "#b7791f", "#30638e", "#5b8c5a", "#8f5db7", "#c0567b", "#4a7c8c", "#7a6c2d", "#6b6b6b")


def colour_of(types: Sequence[str]) -> dict[str, str]:
    """A colour for each type, the same for the same order."""
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(types)}


def lanes(entities: Iterable[Entity]) -> list[tuple[int, Entity]]:
    """Each entity with the line below the text on which it is drawn: the first that is free, outer ones before inner ones."""
    ends: list[int] = []
    placed = []
    for entity in sorted(entities, key=lambda e: (e.start, -e.end, e.type)):
        lane = next((i for i, end in enumerate(ends) if end <= entity.start), len(ends))
        ends[lane : lane + 1] = [entity.end]
        placed.append((lane, entity))
    return placed


def mark_html(text: str, entities: Sequence[Entity], colours: dict[str, str], offset: int = 0) -> Markup:
    """A text with each entity underlined in its type's colour and named at its start, one line below another.

    Args:
        text: a whole text, or a part of one.
        entities: in offsets of the whole text; what lies outside the part is left out.
        colours: by type.
        offset: where the part starts.
    """
    last = offset + len(text)
    waiting = lanes(e for e in entities if e.start < last and e.end > offset)
    edges = {offset, last, *(min(max(place, offset), last) for _, e in waiting for place in (e.start, e.end))}
    here: list[tuple[int, Entity]] = []
    position = 0
    parts = []
    for start, end in pairwise(sorted(edges)):
        here = [(lane, e) for lane, e in here if e.end > start]
        while position < len(waiting) and waiting[position][1].start <= start:
            lane, entity = waiting[position]
            position += 1
            here.append((lane, entity))
            if entity.start == start:
                title = escape(f"{entity.type} [{entity.start}, {entity.end}){_facts(entity)}")
                style = f"background:{colours.get(entity.type, COLOURS[-1])}"
                parts.append(f'<b class="tag" style="{style}" title="{title}">{escape(entity.type)}</b>')
        piece = escape(text[start - offset : end - offset])
        parts.append(f'<span style="{_lines(here, colours)}">{piece}</span>' if here else piece)
    return Markup("".join(parts))


def _lines(here: Sequence[tuple[int, Entity]], colours: dict[str, str]) -> str:
    """Lines are shadows, each lane's one deeper than the one before, with the page's colour between them."""
    shadows = []
    for lane, entity in sorted(here, key=lambda item: item[0]):
        colour = colours.get(entity.type, COLOURS[-1])
        shadows += [f"0 {4 * lane + 2}px 0 var(--page)", f"0 {4 * lane + 4}px 0 {colour}"]
    return f"box-shadow:{','.join(shadows)}"


def _facts(entity: Entity) -> str:
    facts = ([] if entity.score is None else [f"{entity.score:.3f}"]) + ([entity.source] if entity.source else [])
    return f" {', '.join(facts)}" if facts else ""


def render(template: str, **values: Any) -> str:
    """A page from one of the templates; everything that is not `Markup` is escaped.

    Raises:
        jinja2.UndefinedError: the template needs a value that is not given.
    """
    environment = Environment(
        loader=PackageLoader("bert_mrc_theseus.output"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(**values)


def page_start(types: Sequence[str]) -> str:
    """The beginning of a page of documents; `document_html` of each and the end of the body follow."""
    return render("documents.html.j2", colours=colour_of(types))


def document_html(document: Document, colours: dict[str, str]) -> str:
    """One document of the page."""
    marked = mark_html(document.text, document.entities, colours)
    return f'<p class="text" id="{escape(str(document.id), quote=True)}">{marked}</p>\n'


def html_head(schema: Schema | None) -> str:
    """The beginning of the page; its legend has the schema's types; see `write.FileFormat`."""
    return page_start(() if schema is None else schema.names)


def html_record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """One document of the page; see `write.FileFormat`."""
    return document_html(document, colour_of(() if schema is None else schema.names)), 0
