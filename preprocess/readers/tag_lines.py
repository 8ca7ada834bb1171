"""Lines of characters beside lines of tags: the two-line format, and pairs of parallel files."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from bert_mrc_theseus.preprocess.readers.tagged import Tagged, tagged_documents

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document

from .paths import pair_of
from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions, source_lines


def read_two_line(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """A line of characters, then a line of tags, each separated by spaces; blank lines are skipped."""
    filled = ((number, line) for number, line in source_lines(path, options) if line.strip())
    pairs = ((number, line, next(filled, (0, ""))[1]) for number, line in filled)
    tagged = (_tagged(str(count), *pair, report, path) for count, pair in enumerate(pairs, 1))
    yield from tagged_documents(path, filter(None, tagged), report)


def read_parallel(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Two files, line by line: characters in one, tags in the other; the path is `CHARACTERS,TAGS`.

    Raises:
        DataError: the path names one file only, or see `ReadReport.strict`.
    """
    pair = pair_of(path)
    if pair is None:
        raise DataError("parallel files are given as CHARACTERS,TAGS", path)
    texts, tags = (source_lines(name, options) for name in pair)
    lines = enumerate(zip_longest(texts, tags, fillvalue=(0, "")), 1)
    tagged = (
        _tagged(str(count), count, line, tag_line, report, pair[0])
        for count, ((_, line), (_, tag_line)) in lines
        if line.strip() or tag_line.strip()
    )
    yield from tagged_documents(pair[0], filter(None, tagged), report)


def _tagged(name: str, number: int, line: str, tag_line: str, report: ReadReport, path: str | Path) -> Tagged | None:
    tags = tag_line.split()
    # Single spaces between characters, which may be spaces themselves; else words; else nothing between characters.
    readings = (split_characters(line), line.split(), list(line))
    tokens = next((reading for reading in readings if len(reading) == len(tags)), None)
    if tokens is None:
        report.bad_record(DataError(f"{len(readings[0])} characters but {len(tags)} tags", path, number))
        return None
    # All tags of the record stand on one line, so it is that line which an error names.
    return Tagged(name, tokens, tags, number, one_line=True)


def split_characters(line: str) -> list[str]:
    """Characters (or words) that single spaces separate; a character may be a space itself."""
    return list(line[::2]) if not line[1::2].strip(" ") else line.split(" ")
