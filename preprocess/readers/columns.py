"""Formats with a tag per token: columns (`token<separator>tag`), the two-line format, and pairs of parallel files.

The text of a document is its tokens put together, nothing between them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, zip_longest
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import open_binary, read_lines
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.tags import TagError, entities_from_tags

from .read_report import ReadReport

Column = Callable[[str], tuple[str, str]]


def read_columns(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """`token tag` lines (BIO, BIOES or BMES), a tab or space between; a blank line between documents."""
    yield from _sentences(path, read_lines(path), report, _column)


def read_weibo(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Columns whose token is followed by its position in the word, as in the revised Weibo NER (`口0`, `腔1`)."""

    def column(line: str) -> tuple[str, str]:
        token, tag = _column(line)
        # The position may have two digits, and the character itself may be one.
        return (token[0] if token[1:].isdigit() else re.sub(r"\d+$", "", token)), tag

    yield from _sentences(path, read_lines(path), report, column)


def read_cesu8_columns(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Columns in CESU-8, as in the original Weibo NER: an emoji is two surrogate halves on two lines.

    The halves are joined into one character, which has the tag of the first; a half without its partner becomes U+FFFD.
    """
    yield from _sentences(path, _joined_surrogates(path), report, _column)


def _joined_surrogates(path: str | Path) -> Iterator[tuple[int, str]]:
    pending: tuple[int, str] | None = None
    for number, line in chain(_cesu8_lines(path), [(0, "")]):
        low = "\udc00" <= line[:1] <= "\udfff"
        if pending is not None:
            first, held = pending
            if low:
                pair = (held[0] + line[0]).encode("utf-16", "surrogatepass").decode("utf-16")
                yield first, pair + held[1:]
            else:
                yield first, "\ufffd" + held[1:]
        elif low:
            yield number, "\ufffd" + line[1:]
        used, pending = low, None
        if "\ud800" <= line[:1] <= "\udbff":
            pending = (number, line)
        elif not used and number:
            yield number, line


def _cesu8_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    with open_binary(path) as stream:
        for number, raw in enumerate(stream, 1):
            try:
                yield number, raw.decode("utf-8", "surrogatepass").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise DataError(f"not UTF-8 or CESU-8 at byte {error.start} of the line", path, number) from error


def read_uner(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Universal NER: `index<TAB>word<TAB>tag`, `#` comments; the text is that of `# text = ` where the words fit it."""
    text = None
    tokens: list[str] = []
    tags: list[str] = []
    count = start = 0
    for number, line in chain(read_lines(path), [(0, "")]):
        if line.startswith("#"):
            text = line.removeprefix("# text = ") if line.startswith("# text = ") else text
        elif line.strip():
            # A line that lacks a column gets a tag that no scheme knows: its sentence is a bad record.
            _, token, tag = ([*line.split("\t"), "", ""])[:3]
            start = start or number
            tokens.append(token)
            tags.append(tag)
        elif tokens:
            count += 1
            yield from _document(str(count), tokens, tags, report, path, start, text)
            text, tokens, tags, start = None, [], [], 0


def read_two_line(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """A line of characters, then a line of tags, each separated by spaces; blank lines are skipped."""
    filled = ((number, line) for number, line in read_lines(path) if line.strip())
    for count, (number, line) in enumerate(filled, 1):
        _, tag_line = next(filled, (0, ""))
        yield from _tagged(str(count), line, tag_line, report, path, number)


def read_parallel(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Two files, line by line: characters in one, tags in the other; the path is `CHARACTERS,TAGS`.

    Raises:
        DataError: the path names one file only, or see `ReadReport.strict`.
    """
    texts, comma, tags = str(path).rpartition(",")
    if not comma:
        raise DataError("parallel files are given as CHARACTERS,TAGS", path)
    pairs = zip_longest(read_lines(texts), (line for _, line in read_lines(tags)))
    for count, (numbered, tag_line) in enumerate(pairs, 1):
        line = "" if numbered is None else numbered[1]
        if line.strip() or (tag_line or "").strip():
            yield from _tagged(str(count), line, tag_line or "", report, texts, count)


def _tagged(
    name: str, line: str, tag_line: str, report: ReadReport, path: str | Path, number: int
) -> Iterator[Document]:
    tags = tag_line.split()
    # Single spaces between characters, which may be spaces themselves; else words; else nothing between characters.
    readings = (split_characters(line), line.split(), list(line))
    tokens = next((reading for reading in readings if len(reading) == len(tags)), None)
    if tokens is None:
        report.bad_record(DataError(f"{len(readings[0])} characters but {len(tags)} tags", path, number))
        return
    # All tags of the record stand on one line, so it is that line which an error names.
    yield from _document(name, tokens, tags, report, path, number, one_line=True)


def split_characters(line: str) -> list[str]:
    """Characters (or words) that single spaces separate; a character may be a space itself."""
    return list(line[::2]) if not line[1::2].strip(" ") else line.split(" ")


def _column(line: str) -> tuple[str, str]:
    line = line.rstrip()
    separator = "\t" if "\t" in line else " "
    token, _, tag = line.rpartition(separator)
    token = token.rstrip(separator) or token[:1]
    if separator in token.strip(separator):
        raise ValueError("more than two columns; expected token and tag")
    return token, tag


def _sentences(
    path: str | Path, lines: Iterable[tuple[int, str]], report: ReadReport, column: Column
) -> Iterator[Document]:
    tokens: list[str] = []
    tags: list[str] = []
    count = start = 0
    bad: DataError | None = None
    for number, line in chain(lines, [(0, "")]):
        if line.strip():
            start = start or number
            try:
                token, tag = column(line)
            except ValueError as error:
                bad = bad or DataError(str(error), path, number)
                continue
            tokens.append(token or " ")
            tags.append(tag)
        elif start:
            count += 1
            if bad is None:
                yield from _document(str(count), tokens, tags, report, path, start)
            else:
                report.bad_record(bad)
            tokens, tags, start, bad = [], [], 0, None


def _document(
    name: str,
    tokens: Sequence[str],
    tags: Sequence[str],
    report: ReadReport,
    path: str | Path,
    line: int,
    text: str | None = None,
    one_line: bool = False,
) -> Iterator[Document]:
    """The document of some tokens with tags: nothing, if a tag is bad and the report is not strict."""
    try:
        result = entities_from_tags(tags)
    except TagError as error:
        hint = "columns are token, separator, tag; a known scheme is BIO, BIOES or BMES"
        report.bad_record(DataError(str(error), path, line + (0 if one_line else error.position), hint))
        return
    report.blank_tokens += sum(not token.strip() for token in tokens)
    report.repaired += result.repaired
    report.unclosed += result.unclosed
    starts = None if text is None else _align(tokens, text)
    if text is None or starts is None:
        report.misfit_texts += text is not None
        text, starts = "".join(tokens), list(accumulate(map(len, tokens), initial=0))
    entities = (Entity(starts[e.start], starts[e.end - 1] + len(tokens[e.end - 1]), e.type) for e in result.entities)
    yield Document(name, text, tuple(entities))


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
