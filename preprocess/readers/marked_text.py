"""Formats that mark entities inside the text: PFR word/POS with brackets, `segment/tag`, and raw text without any."""

import re
from collections.abc import Iterator
from pathlib import Path

from bert_mrc_theseus.errors import DataError, printable
from bert_mrc_theseus.files.reading import read_lines, read_text
from bert_mrc_theseus.text.documents import Document, Entity

from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions, source_lines

PFR_TYPES = {"nr": "PER", "nrf": "PER", "nrg": "PER", "ns": "LOC", "nt": "ORG"}
"""Parts of speech that are entities. nz (other names) is not a type of its own in any NER corpus here."""

_WORD = re.compile(r"(?P<open>\[*)(?P<word>.*)/(?P<pos>[A-Za-z]+)(?P<close>(?:\]/?[A-Za-z]*)*)$")
_PINYIN = re.compile(r"\{[^{}]*\}")


def read_pfr(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """People's Daily 1998: `id/m  word/pos  [word/pos word/pos]nt ...` a line; bracketed compounds make it nested.

    Family and given name (nrf, nrg) that follow each other are one person; `{pinyin}` is dropped.
    """
    for number, line in source_lines(path, options, report.bad_record):
        words = _PINYIN.sub("", line).split()
        if not words:
            continue
        name = str(number)
        if re.match(r"\d{8}-\d+-\d+-\d+/m$", words[0]):
            name = words.pop(0).removesuffix("/m")
        text, family_end = "", -1
        entities: list[Entity] = []
        opened: list[int] = []
        for item in words:
            match = _WORD.match(item)
            if match is None:
                report.bad_record(DataError(f"not word/pos: {item[:40]!r}", path, number))
                # What cannot be parsed is still text.
                text += item
                continue
            opened += [len(text)] * len(match["open"])
            start, word, pos = len(text), match["word"], match["pos"]
            text += word
            if pos == "nrg" and family_end == start:
                family = entities.pop()
                entities.append(Entity(family.start, len(text), "PER"))
            elif pos in PFR_TYPES and word:
                entities.append(Entity(start, len(text), PFR_TYPES[pos]))
            family_end = len(text) if pos == "nrf" else -1
            for closing in match["close"].split("]")[1:]:
                kind = closing.removeprefix("/")
                if not opened:
                    report.unclosed += 1
                elif (first := opened.pop()) < len(text) and kind in PFR_TYPES:
                    entities.append(Entity(first, len(text), PFR_TYPES[kind]))
        report.unclosed += len(opened)
        yield Document(name, text, tuple(dict.fromkeys(entities)))


def read_segments(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """`segment/tag segment/tag ...` a line, tag `o` outside; the tag is the type."""
    for number, line in source_lines(path, options, report.bad_record):
        if not line.strip():
            continue
        text, entities = "", []
        items = [item.rpartition("/") for item in line.split()]
        if not all(slash and tag.isalpha() for _, slash, tag in items):
            report.bad_record(DataError("expected segment/tag segment/tag ...", path, number))
            continue
        for segment, _, tag in items:
            if tag != "o" and segment:
                entities.append(Entity(len(text), len(text) + len(segment), tag))
            text += segment
        yield Document(str(number), text, tuple(entities))


def read_raw(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Raw text, one document a line; empty lines are skipped."""
    for number, line in read_lines(path, report.bad_record, options.encoding):
        if line:
            yield Document(str(number), line)


def read_raw_file(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Raw text, the whole file one document, its line ends untouched."""
    try:
        text = read_text(path, options.encoding)
    except DataError as error:
        report.bad_record(error)
        return
    yield Document(printable(Path(path).name), text)
