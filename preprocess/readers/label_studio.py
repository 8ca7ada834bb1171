"""Label Studio: its JSON export, and JSON-MIN, where the data of a task and its annotation lie in one object.

The first annotation of a task that was not cancelled counts; predictions are no annotations. Tasks without any are left out
and counted. Of a hypertext, the document is what a reader sees: the text without the markup.
"""

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.reading import read_text
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import id_of_record, text_of_record
from bert_mrc_theseus.text.json_records import shown

from .offsets import Claim, only_place, place
from .read_report import ReadReport, without_repeats
from .sources import DEFAULTS, ReadOptions, json_list

HYPERTEXT = "hypertextlabels"
LABELS = ("labels", HYPERTEXT)
"""Names under which a span has its types."""

NOWHERE = -1


def read_label_studio(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """The documents of annotated tasks.

    Args:
        path: the export.
        report: counts.
        options: encoding, and the key of the task's data that holds the text.

    Raises:
        DataError: no task is annotated, or see `ReadReport.strict`.
    """
    content = read_text(path, options.encoding)
    # The tasks of a project are all hypertexts, or none is.
    hypertext = f'"{HYPERTEXT}"' in content
    tasks = annotated = 0
    task: Any
    for line, task in json_list(content, path, report):
        tasks += 1
        try:
            data, results = _parts(task, report)
            if results is None:
                report.unannotated += 1
                continue
            annotated += 1
            text = text_of_record(data, options.text_field)
            text = _seen(text) if hypertext else text
            claims, types = _claims(results, report)
            name = id_of_record(data.get("document", task.get("id")), tasks)
        except ValueError as error:
            report.bad_record(DataError(f"task {tasks}: {error}", path, line))
            continue
        entities = []
        for claim, kind, span in zip(claims, types, place(text, claims).spans, strict=True):
            span = span or only_place(text, claim.copied or "")
            if span is None:
                report.mismatched += 1
            else:
                entities.append(Entity(*span, kind))
        yield Document(name, text, without_repeats(entities, report))
    if tasks and not annotated:
        hint = "predictions are no annotations: submit them in Label Studio first"
        raise DataError(f"none of the {tasks} tasks is annotated", path, hint=hint)


def _parts(task: Any, report: ReadReport) -> tuple[Mapping[str, Any], list[Any] | None]:
    """A task's data, and the results of its annotation; None: it has none.

    Raises:
        ValueError: it is no task.
    """
    if not isinstance(task, dict):
        raise ValueError(f"a task is an object. Received: {shown(task)}")
    if "data" not in task:
        return task, _minimal_results(task)
    if not isinstance(task["data"], dict):
        raise ValueError(f'the "data" of a task is an object. Received: {shown(task["data"])}')
    annotations = task.get("annotations", task.get("completions")) or []
    if not isinstance(annotations, list) or not all(isinstance(item, dict) for item in annotations):
        raise ValueError(f'the "annotations" of a task are a list of objects. Received: {shown(annotations)}')
    valid = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
    if not valid:
        return task["data"], None
    report.other_results += len(valid) - 1
    results = valid[0].get("result")
    if not isinstance(results, list):
        raise ValueError(f'an annotation has a list "result". Received: {shown(valid[0])}')
    return task["data"], results


def _minimal_results(task: Mapping[str, Any]) -> list[Any] | None:
    results = [
        {"value": item}
        for value in task.values()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict) and any(name in item for name in LABELS)
    ]
    return results if results or task.get("annotation_id") is not None else None


def _claims(results: list[Any], report: ReadReport) -> tuple[list[Claim], list[str]]:
    """Spans and their types.

    Raises:
        ValueError: a span is not of Label Studio's form.
    """
    claims, types = [], []
    for result in results:
        value = result.get("value") if isinstance(result, dict) else None
        name = next((name for name in LABELS if isinstance(value, dict) and name in value), None)
        if not isinstance(value, dict) or name is None:
            report.other_results += 1
            continue
        kinds, copied, places = value[name], value.get("text"), value.get("globalOffsets", value)
        if not isinstance(kinds, list) or not all(isinstance(kind, str) and kind for kind in kinds):
            raise ValueError(f'the "{name}" of a span are a list of types. Received: {shown(kinds)}')
        if not isinstance(copied, str | None) or not isinstance(places, dict):
            raise ValueError(f'a span has "start", "end" and "text". Received: {shown(value)}')
        start, end = places.get("start"), places.get("end")
        if name == HYPERTEXT and isinstance(start, str) and isinstance(end, str):
            # Places in the tree of the markup, as old versions have them alone: the copied text says where.
            start = end = NOWHERE
        if type(start) is not int or type(end) is not int:
            raise ValueError(f'"start" and "end" are whole numbers. Received: {shown(places)}')
        report.other_results += not kinds
        claims += [Claim(start, end, copied)] * len(kinds)
        types += kinds
    return claims, types


class _Characters(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def _seen(markup: str) -> str:
    """The characters of a hypertext.

    Raises:
        ValueError: it is none.
    """
    parser = _Characters()
    try:
        parser.feed(markup)
        parser.close()
    except AssertionError as error:
        raise ValueError(f"not HTML: {error}") from error
    return "".join(parser.found)
