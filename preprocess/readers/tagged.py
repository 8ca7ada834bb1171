"""Records with a tag per token -> documents.

The text of a document is its tokens put together, nothing between them. The tag scheme is that of the whole file.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.tags import CLOSING, TagError, entities_from_tags, prefixes_of, scheme_of

from .read_report import ReadReport


@dataclass(frozen=True, slots=True)
class Tagged:
    """A document before its tags are read.

    Attributes:
        name: its id.
        tokens, tags: equally many.
        line: of the first token.
        text: the text beside the tokens, if there is one.
        one_line: all tags stand on that line.
    """

    name: str
    tokens: Sequence[str]
    tags: Sequence[str]
    line: int
    text: str | None = None
    one_line: bool = False


def tagged_documents(path: str | Path, records: Iterable[Tagged], report: ReadReport) -> Iterator[Document]:
    """The documents of a file, without those whose tags are bad if the report is not strict."""
    records = list(records)
    prefixes = frozenset(prefix for record in records for prefix in prefixes_of(record.tags))
    if prefixes:
        report.notes["tag scheme"] = scheme_of(prefixes).upper()
    closes = bool(prefixes & CLOSING)
    for record in records:
        try:
            result = entities_from_tags(record.tags, closes)
        except TagError as error:
            line = record.line + (0 if record.one_line else error.position)
            hint = "columns are token, separator, tag; if the tag is not in the last one: --tag-column"
            report.bad_record(DataError(str(error), path, line, hint))
            continue
        report.blank_tokens += sum(not token.strip() for token in record.tokens)
        report.repaired += result.repaired
        report.unclosed += result.unclosed
        # A token of nothing was white space that somebody cut off.
        tokens, text = [token or " " for token in record.tokens], record.text
        starts = None if text is None else _align(tokens, text)
        if text is None or starts is None:
            report.misfit_texts += text is not None
            text, starts = "".join(tokens), list(accumulate(map(len, tokens), initial=0))
        entities = (
            Entity(starts[e.start], starts[e.end - 1] + len(tokens[e.end - 1]), e.type) for e in result.entities
        )
        yield Document(record.name, text, tuple(entities))


def _align(tokens: Sequence[str], text: str) -> list[int] | None:
    """Offsets of consecutive tokens in a text that has nothing but white space between them, else None."""
    starts, position = [], 0
    for token in tokens:
        while not text.startswith(token, position):
            if not text[position : position + 1].isspace():
                return None
            position += 1
        starts.append(position)
        position += len(token)
    return starts if not text[position:].strip() else None
