"""The interchange format of documents: JSONL, one document a line.

`{"id": "...", "text": "...", "entities": [{"start": 0, "end": 2, "type": "PER"}]}`. An entity may also carry "text", which
is then checked against its offsets, "score", and "source"; a document may carry "silver": true, and "annotated": ["PER", ...].
Whatever else a document carries is kept and written again (`Document.rest`), but for NaN and infinity, which JSON lacks: they
become null. What else an entity carries is not.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.files.reading import read_lines
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING
from bert_mrc_theseus.text.documents import OWN_FIELDS, TEXT, Document, Entity
from bert_mrc_theseus.text.json_records import parse_json, shown, without_nan


def document_to_dict(document: Document) -> dict[str, Any]:
    """The interchange form of a document, each entity with its text and what else is known of it; further fields stand last."""
    entities = []
    for entity in document.entities:
        item: dict[str, Any] = {
            "start": entity.start,
            "end": entity.end,
            "type": entity.type,
            "text": document.text_of(entity),
        }
        if entity.score is not None:
            item["score"] = round(entity.score, 4)
        if entity.source is not None:
            item["source"] = entity.source
        entities.append(item)
    record: dict[str, Any] = {"id": document.id, "text": document.text, "entities": entities}
    if document.silver:
        record["silver"] = True
    if document.annotated is not None:
        record["annotated"] = list(document.annotated)
    return {**record, **document.rest}


def document_from_dict(
    record: Any, default_id: str = "", text_field: str = TEXT, id_field: str | None = None
) -> Document:
    """Reads the interchange form; `id` and `entities` may be missing.

    Args:
        record: a JSON object.
        default_id: where it has no id, or null.
        text_field: the field that holds the text.
        id_field: the field that holds the id, and must be there; None: "id", where it is.

    Raises:
        ValueError: a field is missing or of the wrong kind, an entity's "text" is not what its offsets say, or see `Document`.
    """
    if not isinstance(record, dict):
        raise ValueError(f'a document needs the form {{"text": "...", "entities": [...]}}. Received: {shown(record)}')
    text = text_of_record(record, text_field)
    if text_field != TEXT and TEXT in record:
        raise ValueError(f"a document has one text: this one has {TEXT!r} beside {text_field!r}")
    if id_field not in (None, "id") and "id" in record:
        raise ValueError(f"a document has one id: this one has 'id' beside {id_field!r}")
    if id_field is not None and id_field not in record:
        raise ValueError(f"there is no {id_field!r}, which should hold the id (--id-field)")
    items = record.get("entities") or ()
    if not isinstance(items, list | tuple):
        raise ValueError(f'"entities" is a list. Received: {shown(items)}')
    silver, annotated = record.get("silver", False), record.get("annotated")
    if not isinstance(silver, bool):
        raise ValueError(f'"silver" is true or false. Received: {shown(silver)}')
    if annotated is not None and not (isinstance(annotated, list) and all(isinstance(kind, str) for kind in annotated)):
        raise ValueError(f'"annotated" is a list of types. Received: {shown(annotated)}')
    return Document(
        id_of_record(record.get(id_field or "id"), default_id),
        text,
        tuple(_entity_from_dict(item, text) for item in items),
        silver,
        None if annotated is None else tuple(annotated),
        {
            name: without_nan(value)
            for name, value in record.items()
            if name not in OWN_FIELDS and name not in (text_field, id_field)
        },
    )


def text_of_record(record: Mapping[str, Any], text_field: str = TEXT) -> str:
    """The text of a JSON object.

    Args:
        record: the object.
        text_field: the field that should hold it.

    Raises:
        ValueError: the field is missing or no string.
    """
    text = record.get(text_field)
    if not isinstance(text, str):
        if text_field in record:
            raise ValueError(f"a document needs a text: {text_field!r} is {shown(text)}, not a string")
        fields = ", ".join(shown(name) for name in list(record)[:8]) or "nothing"
        raise ValueError(
            f"a document needs a text: there is no {text_field!r} among its fields, which are {fields}; "
            f"if one of these holds it, name it with --text-field"
        )
    return text


def id_of_record(value: Any, default: str | int) -> str | int | float:
    """The id of a JSON object; null is none.

    Raises:
        ValueError: it is neither a string nor a number.
    """
    if value is None:
        return default
    if isinstance(value, str) or type(value) is int or (type(value) is float and math.isfinite(value)):
        return value
    raise ValueError(f'"id" is a string or a number. Received: {shown(value)}')


def _entity_from_dict(item: Any, text: str) -> Entity:
    try:
        start, end, kind = item["start"], item["end"], item["type"]
    except (TypeError, KeyError) as error:
        raise ValueError(f'an entity needs "start", "end" and "type". Received: {shown(item)}') from error
    score, source = item.get("score"), item.get("source")
    if type(start) is not int or type(end) is not int or not isinstance(kind, str):
        raise ValueError(f'"start" and "end" are integers and "type" is a string. Received: {shown(item)}')
    try:
        score = None if score is None or isinstance(score, str | bool) else float(score)
    except (TypeError, OverflowError):
        score = None
    if not (score is not None and math.isfinite(score)) and item.get("score") is not None:
        raise ValueError(f'"score" is a number. Received: {shown(item["score"])}')
    if not isinstance(source, str | None):
        raise ValueError(f'"source" is a string. Received: {shown(source)}')
    entity = Entity(start, end, kind, score, source)
    if "text" in item and item["text"] != text[start:end]:
        raise ValueError(
            f"entity text {shown(item['text'])} is not text[{start}:{end}], which is {shown(text[start:end])}"
        )
    return entity


def parse_document(
    line: str, path: str | Path, number: int, default_id: str, text_field: str = TEXT, id_field: str | None = None
) -> Document:
    """Reads one line of interchange JSONL, see `document_from_dict`.

    Raises:
        DataError: the line is not JSON or not a document.
    """
    record = parse_json(line, path, number)
    try:
        return document_from_dict(record, default_id, text_field, id_field)
    except ValueError as error:
        raise DataError(str(error), path, number) from error


def parse_documents(
    lines: Iterable[tuple[int, str]],
    path: str | Path,
    on_error: OnError | None = None,
    prefix: str = "",
    text_field: str = TEXT,
    id_field: str | None = None,
) -> Iterator[Document]:
    """Yields the documents of interchange JSONL, line by line; blank lines are skipped.

    Args:
        lines: with their numbers, see `reading.decode_lines`.
        path: for messages.
        on_error: gets the error of a line that is no document, which is then left out; by default it is raised.
        prefix: of the line number, which becomes the id where one is missing.
        text_field, id_field: see `document_from_dict`.

    Raises:
        DataError: see `parse_document`.
    """
    for number, line in lines:
        if not line.strip():
            continue
        try:
            document = parse_document(line, path, number, f"{prefix}{number}", text_field, id_field)
        except DataError as error:
            if on_error is None:
                raise
            on_error(error)
        else:
            yield document


def read_documents(
    path: str | Path, on_error: OnError | None = None, encoding: str = DEFAULT_ENCODING
) -> Iterator[Document]:
    """`parse_documents` of a file, plain or compressed.

    Args:
        path: the file.
        on_error: gets the error of each line that is no document or not in the encoding; by default the first one is raised.
        encoding: of the file.

    Raises:
        DataError: see `parse_document` and `read_lines`.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.write_documents("a.jsonl", [bmt.Document("1", "广州", (bmt.Entity(0, 2, "LOC"),))])
        >>> [document.entities[0].type for document in bmt.read_documents("a.jsonl")]
        ['LOC']
    """
    yield from parse_documents(read_lines(path, on_error, encoding), path, on_error)


def write_documents(path: str | Path, documents: Iterable[Document]) -> None:
    """Writes documents as interchange JSONL in one atomic step.

    Args:
        path: the file; one that ends in `.gz` or `.zst` is compressed.
        documents: in the order in which they are written.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.write_documents("b.jsonl", [bmt.Document("1", "广州")])
        >>> print(open("b.jsonl", encoding="utf-8").read(), end="")
        {"id": "1", "text": "广州", "entities": []}
    """
    with atomic_write(path) as stream:
        for document in documents:
            stream.write(json.dumps(document_to_dict(document), ensure_ascii=False) + "\n")
