"""Formats that give entities as spans in JSON or TSV.

Where a format's ends are inclusive or its positions token indices, that convention ends here.
"""

import ast
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.reading import SURROGATE, read_text
from bert_mrc_theseus.text.documents import TEXT, Document, Entity
from bert_mrc_theseus.text.interchange import id_of_record, parse_documents, text_of_record
from bert_mrc_theseus.text.json_records import shown

from .read_report import ReadReport, without_repeats
from .sources import DEFAULTS, ReadOptions, json_lines, json_list, source_lines
from .tag_lines import split_characters

Span = tuple[int, int, str, str | None]
"""Half-open start and end, type, and the entity's text if the format repeats it."""

_NOT_OF_THE_FORM = (AttributeError, KeyError, TypeError, ValueError, IndexError)


def _span(start: Any, end: Any, kind: Any, copied: Any = None, inclusive: bool = False) -> Span:
    """A span of whole numbers and a type.

    Raises:
        ValueError: these are something else.
    """
    if type(start) is not int or type(end) is not int:
        raise ValueError(f"offsets are whole numbers. Received: {shown(start)} and {shown(end)}")
    if not isinstance(kind, str) or not kind or SURROGATE.search(kind):
        raise ValueError(f"a type is a string. Received: {shown(kind)}")
    if not isinstance(copied, str | None):
        raise ValueError(f"the text of an entity is a string. Received: {shown(copied)}")
    return start, end + inclusive, kind, copied


def _bad(report: ReadReport, error: Exception, form: str, path: str | Path, line: int) -> None:
    """Reports a record that is not of a format's form."""
    said = f": {error}" if type(error) is ValueError else ""
    report.bad_record(DataError(f"expected {form}{said}", path, line))


def _make(
    name: str | int | float, text: Any, spans: list[Span], report: ReadReport, path: str | Path, line: int
) -> Iterator[Document]:
    """The document of some spans, without those outside the text if the report is not strict."""
    if not isinstance(text, str):
        report.bad_record(DataError(f"document {name}: the text is not a string", path, line))
        return
    entities = []
    for start, end, kind, copied in spans:
        try:
            entity = Document("", text, (Entity(start, end, kind),)).entities[0]
        except ValueError as error:
            report.bad_record(DataError(f"document {name}: bad entity: {error}", path, line))
            continue
        if copied is None or copied == text[start:end]:
            entities.append(entity)
        else:
            report.mismatched += 1
    yield Document(name, text, without_repeats(entities, report))


def read_interchange(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """The project's own JSONL (see `text.interchange`)."""
    lines = source_lines(path, options, report.bad_record)
    yield from parse_documents(lines, path, report.bad_record, text_field=options.text_field, id_field=options.id_field)


def read_cluener(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """CLUENER: `{"text", "label": {type: {string: [[start, inclusive end], ...]}}}` a line; without "label" nobody looked."""
    record: Any
    for number, record in json_lines(path, report, options):
        try:
            label = record.get("label")
            spans = [
                _span(start, end, kind, string, inclusive=True)
                for kind, strings in ({} if label is None else label).items()
                for string, places in strings.items()
                for start, end in places
            ]
            text = record["text"]
        except _NOT_OF_THE_FORM as error:
            _bad(report, error, '{"text", "label": {type: {string: [[start, end]]}}}', path, number)
            continue
        if label is None:
            report.unannotated += 1
        else:
            yield from _make(str(number), text, spans, report, path, number)


def read_cmeee(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """CMeEE: a JSON list of `{"text", "entities": [{"start_idx", "end_idx" (inclusive), "type"}]}`; nested. Without
    "entities" nobody looked.
    """
    record: Any
    for number, (line, record) in enumerate(json_list(read_text(path, options.encoding), path, report), 1):
        try:
            items = record.get("entities")
            spans = [
                _span(item["start_idx"], item["end_idx"], item["type"], item.get("entity"), inclusive=True)
                for item in (() if items is None else items)
            ]
            text = record["text"]
        except _NOT_OF_THE_FORM as error:
            form = '{"text", "entities": [{"start_idx", "end_idx", "type"}]}, as CMeEE has it'
            _bad(report, error, form, path, line)
            continue
        if items is None:
            report.unannotated += 1
        else:
            yield from _make(str(number), text, spans, report, path, line)


def read_cmeee_text(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """CMeEE as released for CHIP2020: `text|||start    inclusive end    type|||...` a line; nested."""
    for number, line in source_lines(path, options, report.bad_record):
        if not line.strip():
            continue
        text, *items = line.split("|||")
        try:
            fields = [item.split() for item in items if item.strip()]
            spans = [_span(int(start), int(end), kind, inclusive=True) for start, end, kind in fields]
        except ValueError:
            report.bad_record(DataError("expected text|||start end type|||...", path, number))
            continue
        yield from _make(str(number), text, spans, report, path, number)


def read_span_tsv(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """`characters joined by spaces<TAB>[(type, start, inclusive end), ...]`, with a header line."""
    for number, line in source_lines(path, options, report.bad_record):
        if (number == 1 and line.split("\t")[:1] == ["text"]) or not line.strip():
            continue
        joined, _, label = line.rpartition("\t")
        tokens = split_characters(joined)
        # A position outside the tokens is kept as it is: the entity is then found to be bad.
        places = dict(enumerate(accumulate(map(len, tokens), initial=0)))
        try:
            items = [
                _span(start, end, kind, inclusive=True) for kind, start, end in ast.literal_eval(label.strip() or "[]")
            ]
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
            problem = f"bad label column: {str(error)[:200]}"
            report.bad_record(DataError(problem, path, number, "[(type, start, end), ...]"))
            continue
        spans: list[Span] = [
            (places.get(start, start), places.get(end, len(joined) + 1), kind, None) for start, end, kind, _ in items
        ]
        yield from _make(str(number), "".join(tokens), spans, report, path, number)


def read_mrc(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """MRC JSON of ShannonAI/mrc-for-flat-nested-ner: a record per (context, type); positions are token indices.

    Ends are inclusive. The records of one context have one `qas_id` up to the dot. With `span_position` ("2;5") spans
    are exact; without it starts and ends are paired in order.
    """
    groups: dict[tuple[str, str], list[tuple[int, dict]]] = {}
    for line, record in json_list(read_text(path, options.encoding), path, report):
        context = record.get("context") if isinstance(record, dict) else None
        if not isinstance(record, dict) or not isinstance(context, str) or "qas_id" not in record:
            problem = f'expected an MRC record with "context", a string, and "qas_id". Received: {shown(record)}'
            report.bad_record(DataError(problem, path, line))
            continue
        name = str(record["qas_id"]).rpartition(".")[0]
        groups.setdefault((name, context), []).append((line, record))
    for (name, context), group in groups.items():
        tokens = split_characters(context) if " " in context else list(context)
        # Tokens of one character are Chinese and had no spaces between them; longer ones are words.
        glue = "" if all(len(token) == 1 for token in tokens) else " "
        starts = list(accumulate((len(token) + len(glue) for token in tokens), initial=0))
        spans: list[Span] = []
        line = group[0][0]
        try:
            for number, record in group:
                line = number
                for first, last in _mrc_positions(record):
                    spans.append(_span(starts[first], starts[last] + len(tokens[last]), record["entity_label"]))
        except _NOT_OF_THE_FORM as error:
            report.bad_record(DataError(f"document {name}: bad MRC record: {error!r}", path, line))
            continue
        yield from _make(name, glue.join(tokens), spans, report, path, line)


def _mrc_positions(record: dict) -> list[tuple[int, int]]:
    if record.get("span_position"):
        pairs = [span.replace(",", ";").split(";") for span in record["span_position"]]
    else:
        # Some files have "2 7", others [2, 7].
        sides = (record["start_position"], record["end_position"])
        starts, ends = (side.split() if isinstance(side, str) else side for side in sides)
        pairs = list(zip(starts, ends, strict=True))
    positions = [(_mrc_position(first), _mrc_position(last)) for first, last in pairs]
    if any(first < 0 or last < 0 for first, last in positions):
        raise ValueError(f"negative position in {positions}")
    return positions


def _mrc_position(value: Any) -> int:
    if not isinstance(value, str) and type(value) is not int:
        raise ValueError(f"a position is a whole number. Received: {shown(value)}")
    return int(value)


def read_doccano(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """doccano JSONL: `"label": [[start, end, type]]`, or `"entities": [{"label", "start_offset", "end_offset"}]`. Without
    either nobody looked.
    """
    record: Any
    for number, record in json_lines(path, report, options):
        try:
            items = record.get("entities")
            if items is not None:
                labels = [(item["start_offset"], item["end_offset"], item["label"]) for item in items]
                others = len(record.get("relations") or ())
            else:
                labels = record.get("label", record.get("labels"))
                others = 0
            if labels is None and record.get("annotations"):
                raise ValueError('"annotations" name labels by number: export the labels\' texts, as JSONL')
            spans = [_span(start, end, kind) for start, end, kind in (() if labels is None else labels)]
            # Some versions of doccano call the text "data" when they export it.
            field = (
                "data" if options.text_field == TEXT and TEXT not in record and "data" in record else options.text_field
            )
            text = text_of_record(record, field)
            name = id_of_record(record.get("id"), number)
        except _NOT_OF_THE_FORM as error:
            _bad(report, error, 'doccano\'s {"text", "label": [[start, end, type]]}', path, number)
            continue
        if labels is None:
            report.unannotated += 1
            continue
        report.other_results += others
        yield from _make(name, text, spans, report, path, number)
