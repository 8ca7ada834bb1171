"""What annotation tools import, so that people correct a prediction: doccano, Label Studio."""

from typing import Any

from bert_mrc_theseus.output.json_streams import json_line, json_text
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


def doccano_record(document: Document) -> dict[str, Any]:
    """A line of doccano's JSONL, with the `label` triples that it imports."""
    label = [[e.start, e.end, e.type] for e in document.entities]
    return {**document.rest, "id": document.id, "text": document.text, "label": label}


def doccano_line(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """A line of doccano's JSONL; see `write.FileFormat`."""
    return json_line(doccano_record(document)), 0


def label_studio_task(document: Document, predicted: bool = False) -> dict[str, Any]:
    """A Label Studio task (from_name `label`, to_name `text`).

    Args:
        document: its id is kept in the task's data.
        predicted: the entities become a prediction, which people correct, and not an annotation.
    """
    results = []
    for e in document.entities:
        value = {"start": e.start, "end": e.end, "text": document.text_of(e), "labels": [e.type]}
        result = {"from_name": "label", "to_name": "text", "type": "labels", "value": value}
        results.append(result if e.score is None else {**result, "score": round(e.score, 4)})
    kind, more = ("predictions", {"model_version": "bert-mrc-theseus"}) if predicted else ("annotations", {})
    return {"data": {"text": document.text, "document": document.id}, kind: [{**more, "result": results}]}


def label_studio_item(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """A task of a JSON list, entities as predictions; see `write.FileFormat`."""
    return json_text(label_studio_task(document, predicted=True)), 0
