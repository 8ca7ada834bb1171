"""MRC JSON of ShannonAI/mrc-for-flat-nested-ner: a record per (document, type). Ends are inclusive, here only."""

from collections.abc import Iterator
from typing import Any

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.output.json_streams import LIST_BETWEEN, json_text
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


def mrc_records(number: int, document: Document, schema: Schema) -> Iterator[dict[str, Any]]:
    """The records of a document, one for each type of the schema.

    Characters are the tokens, joined by spaces.

    Args:
        number: of the document, for `qas_id`.
        document: its id is not kept; the format has no place for it.
        schema: the types that are asked, and their queries.

    Raises:
        DataError: an entity's type is not in the schema.
    """
    unknown = {e.type for e in document.entities} - set(schema.names)
    if unknown:
        raise DataError(f"document {document.id!r} has types that the queries lack: {', '.join(sorted(unknown))}")
    for kind, item in enumerate(schema.types, 1):
        entities = [e for e in document.entities if e.type == item.name]
        yield {
            "context": " ".join(document.text),
            "query": item.query,
            "entity_label": item.name,
            "qas_id": f"{number}.{kind}",
            "impossible": not entities,
            "start_position": [e.start for e in entities],
            "end_position": [e.end - 1 for e in entities],
            "span_position": [f"{e.start};{e.end - 1}" for e in entities],
        }


def mrc_items(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """A document's records in a JSON list; see `write.FileFormat`.

    Raises:
        UserError: there is no schema.
        DataError: see `mrc_records`.
    """
    if schema is None:
        raise UserError("mrc needs a schema: it holds the query of each type")
    return LIST_BETWEEN.join(map(json_text, mrc_records(number, document, schema))), 0
