"""Documents -> the formats of other tools.

Each writer is atomic and returns how many entities its format could not carry.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import atomic_write
from bert_mrc_theseus.text.documents import Document, write_documents
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.tags import column_lines

from .readers.brat import write_brat


def write_columns(path: str | Path, documents: Iterable[Document], scheme: str = "bio") -> int:
    """Columns in a tag scheme; of nested entities the outermost are kept."""
    total = 0
    with atomic_write(path) as stream:
        for document in documents:
            lines, dropped = column_lines(document, scheme)
            stream.write(lines)
            total += dropped
    return total


def write_interchange(path: str | Path, documents: Iterable[Document]) -> int:
    """The project's own JSONL."""
    write_documents(path, documents)
    return 0


def write_brat_folder(path: str | Path, documents: Iterable[Document]) -> int:
    """A BRAT folder."""
    write_brat(path, documents)
    return 0


def doccano_record(document: Document) -> dict[str, Any]:
    """A line of doccano's JSONL, with the `label` triples that it imports."""
    label = [[e.start, e.end, e.type] for e in document.entities]
    return {"id": document.id, "text": document.text, "label": label}


def write_doccano(path: str | Path, documents: Iterable[Document]) -> int:
    """doccano JSONL."""
    with atomic_write(path) as stream:
        for document in documents:
            stream.write(json.dumps(doccano_record(document), ensure_ascii=False) + "\n")
    return 0


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


def write_label_studio(path: str | Path, documents: Iterable[Document]) -> int:
    """A Label Studio JSON list of tasks with one annotation each."""
    with atomic_write(path) as stream:
        json.dump([label_studio_task(document) for document in documents], stream, ensure_ascii=False, indent=1)
    return 0


def write_mrc(path: str | Path, documents: Iterable[Document], schema: Schema) -> int:
    """MRC JSON of ShannonAI/mrc-for-flat-nested-ner: a record per (document, type), ends inclusive.

    Characters are the tokens, joined by spaces.

    Raises:
        DataError: an entity's type is not in the schema.
    """
    records = []
    for number, document in enumerate(documents):
        unknown = {e.type for e in document.entities} - set(schema.names)
        if unknown:
            raise DataError(f"document {document.id!r} has types that the queries lack: {', '.join(sorted(unknown))}")
        for kind, item in enumerate(schema.types, 1):
            entities = [e for e in document.entities if e.type == item.name]
            records.append(
                {
                    "context": " ".join(document.text),
                    "query": item.query,
                    "entity_label": item.name,
                    "qas_id": f"{number}.{kind}",
                    "impossible": not entities,
                    "start_position": [e.start for e in entities],
                    "end_position": [e.end - 1 for e in entities],
                    "span_position": [f"{e.start};{e.end - 1}" for e in entities],
                }
            )
    with atomic_write(path) as stream:
        json.dump(records, stream, ensure_ascii=False, indent=1)
    return 0
