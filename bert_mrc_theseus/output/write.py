"""What prediction writes: JSONL, CoNLL columns, BRAT, HTML, text with the entities marked, and what doccano and Label Studio
import for correction. Streaming; a file appears when it is complete.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.text import Text

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files import atomic_write
from bert_mrc_theseus.text.documents import Document, document_to_dict
from bert_mrc_theseus.text.tags import column_lines, outermost

FORMATS = ("jsonl", "conll", "brat", "text", "html", "doccano", "label-studio")
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


def write_outputs(documents: Iterable[Document], form: str, out: Path | None, types: Sequence[str] = ()) -> int:
    """Writes predicted documents as they come.

    Args:
        documents: in the order in which they are written.
        form: one of `FORMATS`.
        out: file (folder for brat); None writes to standard output.
        types: that may occur, for the legend and colours of html.

    Returns:
        How many entities the format could not carry.

    Raises:
        UserError: unknown format, or brat without a folder.
    """
    if form not in FORMATS:
        raise UserError(f"the output format is one of {', '.join(FORMATS)}. Received: {form!r}")
    if form == "brat":
        if out is None:
            raise UserError("brat needs a folder to write to: -o FOLDER")
        from bert_mrc_theseus.preprocess.readers.brat import write_brat

        write_brat(out, documents)
        return 0
    if out is None:
        return _stream(documents, form, types, sys.stdout)
    with atomic_write(out) as stream:
        return _stream(documents, form, types, stream)


def _stream(documents: Iterable[Document], form: str, types: Sequence[str], stream: IO[str]) -> int:
    dropped = 0
    if form == "text":
        console = Console(file=stream, highlight=False, soft_wrap=True)
        styles: dict[str, str] = {}
        for document in documents:
            console.print(mark_entities(document, styles))
            dropped += outermost(document.entities)[1]
        return dropped
    if form == "html":
        from bert_mrc_theseus.output.entity_html import PAGE_END, colour_of, document_html, page_start

        colours = colour_of(types)
        stream.write(page_start(types))
        for document in documents:
            stream.write(document_html(document, colours))
        stream.write(PAGE_END)
        return 0
    if form == "label-studio":
        from bert_mrc_theseus.preprocess.writers import label_studio_task

        before = "["
        for document in documents:
            stream.write(before + "\n" + json.dumps(label_studio_task(document, predicted=True), ensure_ascii=False))
            before = ","
        stream.write("[]\n" if before == "[" else "\n]\n")
        return 0
    write: Callable[[Document], tuple[str, int]] = _LINES[form]
    for document in documents:
        text, lost = write(document)
        stream.write(text)
        dropped += lost
    stream.flush()
    return dropped


def _json_line(document: Document) -> tuple[str, int]:
    return json.dumps(document_to_dict(document), ensure_ascii=False) + "\n", 0


def _doccano_line(document: Document) -> tuple[str, int]:
    from bert_mrc_theseus.preprocess.writers import doccano_record

    return json.dumps(doccano_record(document), ensure_ascii=False) + "\n", 0


_LINES = {"conll": column_lines, "jsonl": _json_line, "doccano": _doccano_line}
