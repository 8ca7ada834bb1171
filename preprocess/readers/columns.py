"""Formats with a tag per token: columns (`token<separator>tag`), the two-line format, and pairs of parallel files.

The text of a document is its tokens put together, nothing between them. The tag scheme is that of the whole file.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, zip_longest
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import BYTE_ORDER_MARK, SURROGATE, open_binary, raw_lines, read_lines
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.tags import CLOSING, OUTSIDE, TagError, entities_from_tags, prefixes_of, scheme_of

from .paths import pair_of
from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions, source_lines

Column = Callable[[str], tuple[str, str]]
"""Token and tag of a line."""

_DOCUMENT_START = re.compile(r"\ufeff?-DOCSTART-(\s|$)")
_METADATA = re.compile(r"\ufeff?(#|[A-Za-z][\w.-]*[:=])")


@dataclass(frozen=True, slots=True)
class _Tagged:
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


def read_columns(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Lines of a token, a tab or spaces, and a tag; a blank line or `-DOCSTART-` between documents.

    Between both there may be further columns, as many in all lines. Before the first token of a document, a line that does
    not end in a tag and begins with `#` or `NAME:` is metadata. A byte order mark before a token, as in files that were
    joined, is dropped.

    Args:
        path: the file.
        report: gets the scheme and the columns that were recognised, besides the counts.
        options: encoding, and column of the tag.

    Raises:
        DataError: see `ReadReport.strict`.
    """
    unreadable: list[DataError] = []
    lines = read_lines(path, unreadable.append, options.encoding, keep_mark=True)
    columns = _Columns(options.tag_column)
    records = _without_numbers(_sentences(path, lines, report, columns, unreadable), columns, path, report)
    yield from _documents(path, records, report)
    if columns.width > 2:
        report.notes["columns"] = f"{columns.width}, tag in {options.tag_column or columns.width}"


def read_weibo(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Columns whose token is followed by its position in the word, as in the revised Weibo NER (`口0`, `腔1`)."""

    def column(line: str) -> tuple[str, str]:
        token, tag = two_columns(line)
        # The position may have two digits, and the character itself may be one.
        return (token[0] if token[1:].isdigit() else re.sub(r"\d+$", "", token)), tag

    unreadable: list[DataError] = []
    lines = read_lines(path, unreadable.append, options.encoding, keep_mark=True)
    yield from _documents(path, _sentences(path, lines, report, column, unreadable), report)


def read_cesu8_columns(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Columns in CESU-8, as in the original Weibo NER: an emoji is two surrogate halves on two lines.

    The halves are joined into one character, which has the tag of the first; a half without its partner becomes U+FFFD.
    """
    yield from _documents(path, _sentences(path, _joined_surrogates(path), report, two_columns), report)


def _joined_surrogates(path: str | Path) -> Iterator[tuple[int, str]]:
    pending: tuple[int, str] | None = None
    for number, line in chain(_cesu8_lines(path), [(0, "")]):
        low = "\udc00" <= line[:1] <= "\udfff"
        if pending is not None:
            first, held = pending
            yield first, _without_halves(held[0] + line[0] + held[1:] if low else held)
        elif low:
            yield number, _without_halves(line)
        used, pending = low, None
        if "\ud800" <= line[:1] <= "\udbff":
            pending = (number, line)
        elif not used and number:
            yield number, _without_halves(line)


def _without_halves(line: str) -> str:
    whole = line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return SURROGATE.sub("\ufffd", whole)


def _cesu8_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    with open_binary(path) as stream:
        for number, raw in raw_lines(stream, path):
            try:
                yield number, raw.decode("utf-8", "surrogatepass").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise DataError(f"not UTF-8 or CESU-8 at byte {error.start} of the line", path, number) from error


def read_uner(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Universal NER: `index<TAB>word<TAB>tag`, `#` comments; the text is that of `# text = ` where the words fit it."""
    yield from _documents(path, _uner_sentences(source_lines(path, options)), report)


def _uner_sentences(lines: Iterable[tuple[int, str]]) -> Iterator[_Tagged]:
    text = None
    tokens: list[str] = []
    tags: list[str] = []
    count = start = 0
    for number, line in chain(lines, [(0, "")]):
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
            yield _Tagged(str(count), tokens, tags, start, text)
            text, tokens, tags, start = None, [], [], 0


def read_two_line(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """A line of characters, then a line of tags, each separated by spaces; blank lines are skipped."""
    filled = ((number, line) for number, line in source_lines(path, options) if line.strip())
    pairs = ((number, line, next(filled, (0, ""))[1]) for number, line in filled)
    tagged = (_tagged(str(count), *pair, report, path) for count, pair in enumerate(pairs, 1))
    yield from _documents(path, filter(None, tagged), report)


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
    yield from _documents(pair[0], filter(None, tagged), report)


def _tagged(name: str, number: int, line: str, tag_line: str, report: ReadReport, path: str | Path) -> _Tagged | None:
    tags = tag_line.split()
    # Single spaces between characters, which may be spaces themselves; else words; else nothing between characters.
    readings = (split_characters(line), line.split(), list(line))
    tokens = next((reading for reading in readings if len(reading) == len(tags)), None)
    if tokens is None:
        report.bad_record(DataError(f"{len(readings[0])} characters but {len(tags)} tags", path, number))
        return None
    # All tags of the record stand on one line, so it is that line which an error names.
    return _Tagged(name, tokens, tags, number, one_line=True)


def split_characters(line: str) -> list[str]:
    """Characters (or words) that single spaces separate; a character may be a space itself."""
    return list(line[::2]) if not line[1::2].strip(" ") else line.split(" ")


def two_columns(line: str) -> tuple[str, str]:
    """Token and tag of a line; the token may be blank, or missing.

    Raises:
        ValueError: there are more columns.
    """
    line = line.rstrip()
    separator = "\t" if "\t" in line else " "
    token, _, tag = line.rpartition(separator)
    token = token.rstrip(separator) or token[:1]
    if separator in token.strip(separator):
        raise ValueError("more than two columns; expected token and tag")
    return _without_mark(token), tag


def _without_mark(token: str) -> str:
    """A token without the byte order mark before it; one alone is a token."""
    return token if token == BYTE_ORDER_MARK else token.removeprefix(BYTE_ORDER_MARK)


class _Columns:
    """Token and tag of lines that all have equally many columns.

    Args:
        tag_column: see `ReadOptions`.
    """

    def __init__(self, tag_column: int | None):
        self.width = 0
        self._tag_column = tag_column

    def __call__(self, line: str) -> tuple[str, str]:
        line = line.rstrip()
        separator = "\t" if "\t" in line else " "
        before, _, last = line.rpartition(separator)
        head = before.rstrip(separator)
        if separator in head or (separator == "\t" and self.width > 2):
            fields = line.split("\t") if separator == "\t" else re.split(" +", line.strip(" "))
        else:
            # A token may be what separates columns, or have been cut off with it.
            fields = [head or before[:1], last]
            if not head and self.width <= 2:
                return fields[0], last
        self.width = self.width or len(fields)
        if len(fields) != self.width:
            raise ValueError(f"{len(fields)} columns, where the lines before have {self.width}")
        column = self._tag_column or self.width
        if column > self.width:
            raise ValueError(f"{self.width} columns, and the tag should be in column {column}")
        return _without_mark(fields[0]), fields[column - 1]


def _sentences(
    path: str | Path,
    lines: Iterable[tuple[int, str]],
    report: ReadReport,
    column: Column,
    unreadable: list[DataError] | None = None,
) -> Iterator[_Tagged]:
    """The documents of columns.

    Args:
        path: for messages.
        lines: with their numbers.
        report: gets the bad ones.
        column: reads a line.
        unreadable: where errors of lines appear that could not be read: their documents are bad records.
    """
    tokens: list[str] = []
    tags: list[str] = []
    count = start = 0
    bad: DataError | None = None
    for number, line in chain(lines, [(0, "")]):
        if unreadable:
            bad = bad or unreadable[0]
            start = start or unreadable[0].line or 1
            unreadable.clear()
        begins = _DOCUMENT_START.match(line) is not None
        beside = begins or (not start and _is_metadata(line))
        report.metadata += beside
        if line.strip().strip(BYTE_ORDER_MARK) and not beside:
            start = start or number
            try:
                token, tag = column(line)
            except ValueError as error:
                bad = bad or DataError(str(error), path, number, "is the tag in another column? --tag-column")
                continue
            # Few different ones fill a file.
            tokens.append(sys.intern(token))
            tags.append(sys.intern(tag))
        elif start:
            count += 1
            if bad is None:
                yield _Tagged(str(count), tokens, tags, start)
            else:
                report.bad_record(bad)
            tokens, tags, start, bad = [], [], 0, None


def _is_metadata(line: str) -> bool:
    """Whether a line before the first token of a document is none itself."""
    fields = line.split()[1:]
    return _METADATA.match(line) is not None and OUTSIDE not in fields and not prefixes_of(fields)


def _without_numbers(
    records: Iterable[_Tagged], columns: _Columns, path: str | Path, report: ReadReport
) -> Iterator[_Tagged]:
    """The records, unless their first of several columns holds no tokens, but 1, 2, 3 ..."""
    for record in records:
        numbers = [str(i) for i in range(1, len(record.tokens) + 1)]
        if columns.width > 2 and len(numbers) > 1 and record.tokens == numbers:
            hint = "--format uner reads number, word and tag"
            report.bad_record(DataError("the first column numbers the tokens", path, record.line, hint))
        else:
            yield record


def _documents(path: str | Path, records: Iterable[_Tagged], report: ReadReport) -> Iterator[Document]:
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
