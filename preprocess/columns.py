"""Formats with a tag per token: columns (`token<separator>tag`), the two-line format, and pairs of parallel files.

The text of a document is its tokens put together, nothing between them.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bert_mrc_theseus.documents import Document, Entity
from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import open_binary, read_lines
from bert_mrc_theseus.tags import TagError, entities_from_tags

from .report import ReadReport


def read_columns(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """`token tag` lines (BIO, BIOES or BMES; separated by a tab, else by the last space), blank line between documents."""
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

    def lines() -> Iterator[tuple[int, str]]:
        pending = ""
        with open_binary(path) as stream:
            for number, raw in enumerate(stream, 1):
                line = raw.decode("utf-8", "surrogatepass").rstrip("\r\n")
                first = line[:1]
                if pending and "\udc00" <= first <= "\udfff":
                    pair = (pending[0] + first).encode("utf-16", "surrogatepass").decode("utf-16")
                    line, pending = pair + pending[1:], ""
                elif pending:
                    yield number - 1, "\ufffd" + pending[1:]
                    pending = ""
                if "\ud800" <= line[:1] <= "\udbff":
                    pending = line
                elif "\udc00" <= line[:1] <= "\udfff":
                    yield number, "\ufffd" + line[1:]
                else:
                    yield number, line

    yield from _sentences(path, lines(), report, _column)


def read_uner(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Universal NER: `index<TAB>word<TAB>tag`, `#` comments; the text is that of `# text = ` where the words fit it."""
    text = None
    tokens: list[str] = []
    tags: list[str] = []
    number, count = 0, 0
    for number, line in read_lines(path):
        if line.startswith("# text = "):
            text = line.removeprefix("# text = ")
        elif line.startswith("#"):
            continue
        elif line.strip():
            parts = line.split("\t")
            if len(parts) < 3:
                report.bad_record(DataError("expected index<TAB>word<TAB>tag", path, number))
                continue
            tokens.append(parts[1])
            tags.append(parts[2])
        elif tokens:
            count += 1
            yield from _document(str(count), tokens, tags, report, path, number, text)
            text, tokens, tags = None, [], []
    if tokens:
        yield from _document(str(count + 1), tokens, tags, report, path, number, text)


def read_two_line(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """A line of characters, then a line of tags, each separated by spaces; blank lines are skipped."""
    filled = ((number, line) for number, line in read_lines(path) if line.strip())
    for count, (number, line) in enumerate(filled, 1):
        following = next(filled, None)
        if following is None:
            report.bad_record(DataError("a line of characters without its line of tags", path, number))
            return
        yield from _tagged(str(count), line, following[1], report, path, number)


def read_parallel(texts: str | Path, tags: str | Path, report: ReadReport) -> Iterator[Document]:
    """Two files, line by line: characters in one, tags in the other."""
    other = read_lines(tags)
    for number, line in read_lines(texts):
        following = next(other, None)
        if following is None:
            report.bad_record(DataError(f"{tags} has fewer lines", texts, number))
            return
        if line.strip():
            yield from _tagged(str(number), line, following[1], report, texts, number)


def _tagged(
    name: str, line: str, tag_line: str, report: ReadReport, path: str | Path, number: int
) -> Iterator[Document]:
    tokens, tags = line.split(), tag_line.split()
    if len(tokens) == 1 and len(tags) > 1:
        tokens = list(tokens[0])
    if len(tokens) != len(tags):
        report.bad_record(DataError(f"{len(tokens)} characters but {len(tags)} tags", path, number))
        return
    yield from _document(name, tokens, tags, report, path, number)


def _column(line: str) -> tuple[str, str]:
    token, separator, tag = line.rpartition("\t") if "\t" in line else line.rpartition(" ")
    return token, tag if separator else line


def _sentences(path: str | Path, lines: Iterator[tuple[int, str]], report: ReadReport, column) -> Iterator[Document]:
    tokens: list[str] = []
    tags: list[str] = []
    count, start = 0, 1
    for number, line in lines:
        if not line.strip():
            if tokens:
                count += 1
                yield from _document(str(count), tokens, tags, report, path, start)
            tokens, tags, start = [], [], number + 1
            continue
        token, tag = column(line)
        if not token.strip("\ufeff"):
            token = token.strip("\ufeff") or " "
        if token.isspace():
            report.blank_tokens += 1
        tokens.append(token)
        tags.append(tag)
    if tokens:
        yield from _document(str(count + 1), tokens, tags, report, path, start)


def _document(
    name: str,
    tokens: Sequence[str],
    tags: Sequence[str],
    report: ReadReport,
    path: str | Path,
    line: int,
    text: str | None = None,
) -> Iterator[Document]:
    """The document of some tokens with tags: nothing, if a tag is bad and the report is not strict."""
    try:
        result = entities_from_tags(tags)
    except TagError as error:
        hint = "a known scheme is BIO, BIOES or BMES; columns are token, separator, tag"
        report.bad_record(DataError(str(error), path, line + error.position, hint))
        return
    report.repaired += result.repaired
    report.unclosed += result.unclosed
    joined = "".join(tokens)
    starts = (None if text is None else _align(tokens, text)) or _align(tokens, joined)
    if starts is None:
        raise AssertionError("tokens always fit their own concatenation")
    entities = tuple(
        Entity(starts[e.start], starts[e.end - 1] + len(tokens[e.end - 1]), e.type) for e in result.entities
    )
    yield Document(name, joined if text is None or _align(tokens, text) is None else text, entities)


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


