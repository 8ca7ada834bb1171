"""Formats that give entities as spans in JSON or TSV.

Where a format's ends are inclusive or its positions token indices, that convention ends here.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert_mrc_theseus.documents import Document, Entity, document_from_dict
from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import read_lines

from .report import ReadReport, without_repeats


def _make(
    name: str, text: str, spans: list[tuple[int, int, str]], report: ReadReport, path: str | Path, line: int
) -> Iterator[Document]:
    """The document of half-open spans, without the bad ones if the report is not strict."""
    entities = []
    for start, end, kind in spans:
        try:
            entities.append(Document("", text, (Entity(start, end, kind),)).entities[0])
        except (ValueError, TypeError) as error:
            report.bad_record(DataError(f"bad entity: {error}", path, line))
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
    text = "\n".join(line for _, line in read_lines(path))
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg} at column {error.colno}", path, error.lineno) from error
    if not isinstance(value, list):
        raise DataError("expected a JSON list of records", path)
    return value


def read_interchange(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """The project's own JSONL (see `documents`)."""
    for number, record in _json_lines(path, report):
        try:
            yield document_from_dict(record, default_id=str(number))
        except ValueError as error:
            report.bad_record(DataError(str(error), path, number))


def read_cluener(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """CLUENER: `{"text", "label": {type: {string: [[start, inclusive end], ...]}}}` a line."""
    for number, record in _json_lines(path, report):
        try:
            spans = [
                (start, end + 1, kind)
                for kind, strings in record.get("label", {}).items()
                for places in strings.values()
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
            spans = [(item["start_idx"], item["end_idx"] + 1, item["type"]) for item in items]
            text = record["text"]
        except (AttributeError, KeyError, TypeError):
            report.bad_record(DataError(f"record {number} is not of the form of CMeEE", path))
            continue
        yield from _make(str(number), text, spans, report, path, number)


def read_cmeee_text(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """CMeEE as released for CHIP2020: `text|||start    inclusive end    type|||...` a line; nested."""
    for number, line in read_lines(path):
        if not line.strip():
            continue
        text, *items = line.split("|||")
        try:
            fields = [item.split() for item in items if item.strip()]
            spans = [(int(start), int(end) + 1, kind) for start, end, kind in fields]
        except ValueError:
            report.bad_record(DataError("expected text|||start end type|||...", path, number))
            continue
        yield from _make(str(number), text, spans, report, path, number)


def read_span_tsv(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """`characters joined by spaces<TAB>[(type, start, inclusive end), ...]`, with a header line."""
    for number, line in read_lines(path):
        if number == 1 and line.split("\t")[:1] == ["text"] or not line.strip():
            continue
        joined, _, label = line.partition("\t")
        tokens = list(joined[::2]) if not joined[1::2].strip(" ") else joined.split(" ")
        starts = [0]
        for token in tokens:
            starts.append(starts[-1] + len(token))
        try:
            spans = [(starts[start], starts[end + 1], kind) for kind, start, end in ast.literal_eval(label.strip() or "[]")]
        except (ValueError, SyntaxError, TypeError, IndexError) as error:
            report.bad_record(DataError(f"bad label column: {error}", path, number, "[(type, start, end), ...]"))
            continue
        yield from _make(str(number), "".join(tokens), spans, report, path, number)


def read_mrc(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """MRC JSON of ShannonAI/mrc-for-flat-nested-ner: a record per (context, type), positions are inclusive token indices.

    Records of one context have one `qas_id` up to the dot and follow each other. With `span_position` ("2;5") the spans are
    exact; without it starts and ends are paired in order.
    """
    group: list[dict] = []
    for record in [*_json_list(path), None]:
        key = None if record is None else _context_key(record)
        if group and key != _context_key(group[0]):
            yield from _mrc_document(group, report, path)
            group = []
        if record is not None:
            group.append(record)


def _context_key(record: dict) -> tuple[str, str]:
    return str(record.get("qas_id", "")).rpartition(".")[0], str(record.get("context", ""))


def _mrc_document(group: list[dict], report: ReadReport, path: str | Path) -> Iterator[Document]:
    name, context = _context_key(group[0])
    tokens = context.split(" ") if " " in context else list(context)
    glue = "" if all(len(token) == 1 for token in tokens) else " "
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token) + len(glue))
    spans = []
    try:
        for record in group:
            if record.get("span_position"):
                places = [tuple(map(int, span.replace(",", ";").split(";"))) for span in record["span_position"]]
            else:
                places = list(zip(_positions(record["start_position"]), _positions(record["end_position"]), strict=True))
            spans += [(starts[a], starts[b] + len(tokens[b]), record["entity_label"]) for a, b in places]
    except (KeyError, ValueError, IndexError, TypeError) as error:
        report.bad_record(DataError(f"bad record with qas_id {group[0].get('qas_id')!r}: {error!r}", path))
        return
    yield from _make(name, glue.join(tokens), spans, report, path, 1)


def _positions(value: Any) -> list[int]:
    return [int(v) for v in (value.split() if isinstance(value, str) else value)]


def read_doccano(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """doccano JSONL: `"label": [[start, end, type]]`, or `"entities": [{"label", "start_offset", "end_offset"}]`."""
    for number, record in _json_lines(path, report):
        try:
            if "entities" in record:
                spans = [(e["start_offset"], e["end_offset"], e["label"]) for e in record["entities"]]
            else:
                spans = [(start, end, kind) for start, end, kind in record.get("label", record.get("labels")) or ()]
            text = record["text"]
        except (AttributeError, KeyError, TypeError, ValueError):
            report.bad_record(DataError('expected doccano\'s {"text", "label": [[start, end, type]]}', path, number))
            continue
        yield from _make(str(record.get("id", number)), text, spans, report, path, number)


def read_label_studio(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Label Studio JSON export: the first annotation of each task; offsets are trusted, not the copied text (#3078)."""
    for number, task in enumerate(_json_list(path), 1):
        try:
            annotations = task.get("annotations") or task.get("completions") or [{}]
            results = annotations[0].get("result", ())
            values = [result["value"] for result in results if "labels" in result.get("value", {})]
            spans = [(value["start"], value["end"], value["labels"][0]) for value in values]
            text = task["data"]["text"]
        except (AttributeError, KeyError, TypeError, IndexError):
            report.bad_record(DataError(f"task {number} is not of the form of Label Studio", path))
            continue
        yield from _make(str(task.get("id", number)), text, spans, report, path, number)
