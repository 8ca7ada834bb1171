"""Formats that give entities as spans in JSON or TSV.

Where a format's ends are inclusive or its positions token indices, that convention ends here.
"""

import ast
import json
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import read_lines, read_text
from bert_mrc_theseus.text.documents import Document, Entity, parse_documents

from .columns import split_characters
from .read_report import ReadReport, without_repeats

Span = tuple[int, int, str, str | None]
"""Half-open start and end, type, and the entity's text if the format repeats it."""


def _make(
    name: str, text: str, spans: list[Span], report: ReadReport, path: str | Path, line: int | None = None
) -> Iterator[Document]:
    """The document of some spans, without the bad ones if the report is not strict."""
    if not isinstance(text, str):
        report.bad_record(DataError(f"document {name}: the text is not a string", path, line))
        return
    entities = []
    for start, end, kind, copied in spans:
        try:
            entity = Document("", text, (Entity(start, end, kind),)).entities[0]
        except (ValueError, TypeError) as error:
            report.bad_record(DataError(f"document {name}: bad entity: {error}", path, line))
            continue
        if copied is None or copied == text[start:end]:
            entities.append(entity)
        else:
            report.mismatched += 1
    yield Document(name, text, without_repeats(entities, report))


def _json_lines(path: str | Path, report: ReadReport) -> Iterator[tuple[int, Any]]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            report.bad_record(DataError(f"not JSON: {error.msg} at column {error.colno}", path, number))


def _json_list(path: str | Path) -> list[Any]:
    """A JSON file that holds a list.

    Raises:
        DataError: it does not.
    """
    try:
        value = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg} at column {error.colno}", path, error.lineno) from error
    if not isinstance(value, list):
        raise DataError("expected a JSON list of records", path)
    return value


def read_interchange(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """The project's own JSONL (see `documents`)."""
    yield from parse_documents(read_lines(path), path, report.bad_record)


def read_cluener(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """CLUENER: `{"text", "label": {type: {string: [[start, inclusive end], ...]}}}` a line."""
    for number, record in _json_lines(path, report):
        try:
            spans = [
                (start, end + 1, kind, string)
                for kind, strings in record.get("label", {}).items()
                for string, places in strings.items()
                for start, end in places
            ]
            text = record["text"]
        except (AttributeError, KeyError, TypeError, ValueError):
            report.bad_record(DataError('expected {"text", "label": {type: {string: [[start, end]]}}}', path, number))
            continue
        yield from _make(str(number), text, spans, report, path, number)


def read_cmeee(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """CMeEE: a JSON list of `{"text", "entities": [{"start_idx", "end_idx" (inclusive), "type"}]}`; nested."""
    for number, record in enumerate(_json_list(path), 1):
        try:
            items = record.get("entities") or ()
            spans = [(item["start_idx"], item["end_idx"] + 1, item["type"], item.get("entity")) for item in items]
            text = record["text"]
        except (AttributeError, KeyError, TypeError):
            report.bad_record(DataError(f"record {number} is not of the form of CMeEE", path))
            continue
        yield from _make(str(number), text, spans, report, path)


def read_cmeee_text(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """CMeEE as released for CHIP2020: `text|||start    inclusive end    type|||...` a line; nested."""
    for number, line in read_lines(path):
        if not line.strip():
            continue
        text, *items = line.split("|||")
        try:
            fields = [item.split() for item in items if item.strip()]
            spans: list[Span] = [(int(start), int(end) + 1, kind, None) for start, end, kind in fields]
        except ValueError:
            report.bad_record(DataError("expected text|||start end type|||...", path, number))
            continue
        yield from _make(str(number), text, spans, report, path, number)


def read_span_tsv(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """`characters joined by spaces<TAB>[(type, start, inclusive end), ...]`, with a header line."""
    for number, line in read_lines(path):
        if (number == 1 and line.split("\t")[:1] == ["text"]) or not line.strip():
            continue
        joined, _, label = line.rpartition("\t")
        tokens = split_characters(joined)
        # A position outside the tokens is kept as it is: the entity is then found to be bad.
        places = dict(enumerate(accumulate(map(len, tokens), initial=0)))
        try:
            items = ast.literal_eval(label.strip() or "[]")
            spans: list[Span] = [
                (places.get(start, start), places.get(end + 1, len(joined)), kind, None) for kind, start, end in items
            ]
        except (ValueError, SyntaxError, TypeError) as error:
            report.bad_record(DataError(f"bad label column: {error}", path, number, "[(type, start, end), ...]"))
            continue
        yield from _make(str(number), "".join(tokens), spans, report, path, number)


def read_mrc(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """MRC JSON of ShannonAI/mrc-for-flat-nested-ner: a record per (context, type); positions are token indices.

    Ends are inclusive. The records of one context have one `qas_id` up to the dot. With `span_position` ("2;5") spans
    are exact; without it starts and ends are paired in order.
    """
    groups: dict[tuple[str, str], list[dict]] = {}
    for number, record in enumerate(_json_list(path), 1):
        try:
            context, name = str(record["context"]), str(record["qas_id"]).rpartition(".")[0]
        except (KeyError, TypeError):
            report.bad_record(DataError(f'record {number} has no "context" or no "qas_id"', path))
            continue
        groups.setdefault((name, context), []).append(record)
    for (name, context), group in groups.items():
        tokens = split_characters(context) if " " in context else list(context)
        # Tokens of one character are Chinese and had no spaces between them; longer ones are words.
        glue = "" if all(len(token) == 1 for token in tokens) else " "
        starts = list(accumulate((len(token) + len(glue) for token in tokens), initial=0))
        try:
            spans: list[Span] = [
                (starts[first], starts[last] + len(tokens[last]), record["entity_label"], None)
                for record in group
                for first, last in _mrc_positions(record)
            ]
        except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
            report.bad_record(DataError(f"document {name}: bad MRC record: {error!r}", path))
            continue
        yield from _make(name, glue.join(tokens), spans, report, path)


def _mrc_positions(record: dict) -> list[tuple[int, int]]:
    if record.get("span_position"):
        pairs = [span.replace(",", ";").split(";") for span in record["span_position"]]
    else:
        # Some files have "2 7", others [2, 7].
        sides = (record["start_position"], record["end_position"])
        starts, ends = (side.split() if isinstance(side, str) else side for side in sides)
        pairs = list(zip(starts, ends, strict=True))
    positions = [(int(first), int(last)) for first, last in pairs]
    if any(first < 0 or last < 0 for first, last in positions):
        raise ValueError(f"negative position in {positions}")
    return positions


def read_doccano(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """doccano JSONL: `"label": [[start, end, type]]`, or `"entities": [{"label", "start_offset", "end_offset"}]`."""
    for number, record in _json_lines(path, report):
        try:
            if "entities" in record:
                labels = [(e["start_offset"], e["end_offset"], e["label"]) for e in record["entities"]]
            else:
                labels = record.get("label", record.get("labels")) or []
            spans: list[Span] = [(start, end, kind, None) for start, end, kind in labels]
            # Some versions of doccano call the text "data" when they export it.
            text = record["text"] if "text" in record else record["data"]
        except (AttributeError, KeyError, TypeError, ValueError):
            report.bad_record(DataError('expected doccano\'s {"text", "label": [[start, end, type]]}', path, number))
            continue
        yield from _make(str(record.get("id", number)), text, spans, report, path, number)


def read_label_studio(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Label Studio JSON export: the first annotation of each task that was not cancelled; predictions are not annotations.

    Offsets are trusted, not the copied text, which old versions changed. But where only offsets in UTF-16 units (of
    versions before 2022, texts with emoji) give the copied text, they are read as such.
    """
    for number, task in enumerate(_json_list(path), 1):
        try:
            annotations = task.get("annotations") or task.get("completions") or []
            valid = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
            values = [result["value"] for result in (valid[0]["result"] if valid else ())]
            text = task["data"]["text"]
            spans: list[Span] = [
                (*_code_points(text, value["start"], value["end"], value.get("text")), kind, None)
                for value in values
                for kind in value.get("labels", ())
            ]
        except (AttributeError, KeyError, TypeError, IndexError):
            report.bad_record(DataError(f"task {number} is not of the form of Label Studio", path))
            continue
        name = task["data"].get("document", task.get("id", number))
        yield from _make(str(name), text, spans, report, path)


def _code_points(text: str, start: int, end: int, copied: str | None) -> tuple[int, int]:
    if copied is not None and text[start:end] != copied:
        units = text.encode("utf-16-le")
        first, last = (len(units[: 2 * offset].decode("utf-16-le", "ignore")) for offset in (start, end))
        if text[first:last] == copied:
            return first, last
    return start, end
