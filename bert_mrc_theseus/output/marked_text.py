"""Text for reading, with each entity as `[entity|TYPE]`, coloured on a terminal."""

from collections.abc import Iterable
from typing import IO

from rich.console import Console
from rich.text import Text

from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.tags import outermost

STYLES = ("black on bright_yellow", "black on bright_cyan", "black on bright_green", "black on bright_magenta")


def mark_entities(document: Document, styles: dict[str, str] | None = None) -> Text:
    """The text with each entity as `[entity|TYPE]`, coloured by type; of nested ones the outermost.

    Args:
        document: with entities.
        styles: colour of each type met so far; new types are added.
    """
    styles = {} if styles is None else styles
    marked, position = Text(), 0
    for entity in outermost(document.entities)[0]:
        marked.append(document.text[position : entity.start])
        style = styles.setdefault(entity.type, STYLES[len(styles) % len(STYLES)])
        marked.append(f"[{document.text_of(entity)}|{entity.type}]", style)
        position = entity.end
    marked.append(document.text[position:])
    return marked


def write_marked_text(stream: IO[str], documents: Iterable[Document], schema: Schema | None) -> int:
    """Writes a document a line (or more, as its text has); see `write.FileFormat`."""
    console = Console(file=stream, highlight=False, soft_wrap=True)
    styles: dict[str, str] = {}
    dropped = 0
    for document in documents:
        console.print(mark_entities(document, styles))
        dropped += outermost(document.entities)[1]
    return dropped
