"""Text for reading, with each entity as `[entity|TYPE]`, coloured on a terminal."""

from collections.abc import Callable
from typing import IO

from rich.console import Console
from rich.text import Text

from bert_mrc_theseus.output.terminal import shown
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.tags import outermost

STYLES = ("black on bright_yellow", "black on bright_cyan", "black on bright_green", "black on bright_magenta")


def marked_parts(document: Document) -> tuple[list[tuple[str, str]], int]:
    """The text in parts, each with the type of its entity, which is then marked, or ""; and how many entities are left out.

    Of nested entities the outermost are kept.
    """
    kept, dropped = outermost(document.entities)
    parts, position = [], 0
    for entity in kept:
        parts.append((document.text[position : entity.start], ""))
        parts.append((f"[{document.text_of(entity)}|{entity.type}]", entity.type))
        position = entity.end
    return [*parts, (document.text[position:], "")], dropped


def marked_record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """A document on a line (or more, as its text has); see `write.FileFormat`."""
    parts, dropped = marked_parts(document)
    return "".join(part for part, _ in parts) + "\n", dropped


def coloured_record(terminal: IO[str]) -> Callable[[Document, int, Schema | None], tuple[str, int]]:
    """The same for a terminal: entities are coloured by type, and control characters shown."""
    console = Console(file=terminal, highlight=False, soft_wrap=True)
    styles: dict[str, str] = {}

    def record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
        parts, dropped = marked_parts(document)
        text = Text()
        for part, kind in parts:
            style = styles.setdefault(kind, STYLES[len(styles) % len(STYLES)]) if kind else None
            text.append(shown(part), style)
        with console.capture() as captured:
            console.print(text)
        return captured.get(), dropped

    return record
