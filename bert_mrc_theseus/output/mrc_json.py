"""MRC JSON of ShannonAI/mrc-for-flat-nested-ner: a record per (document, type). Ends are inclusive, here only."""

from collections.abc import Iterable, Iterator
from typing import IO, Any

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.output.json_streams import write_json_list
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


def write_mrc(stream: IO[str], documents: Iterable[Document], schema: Schema | None) -> int:
    """Writes a JSON list of records; see `write.FileFormat`.

    Raises:
        UserError: there is no schema.
        DataError: see `mrc_records`.
    """
    if schema is None:
        raise UserError("mrc needs a schema: it holds the query of each type")
    write_json_list(
        stream, (record for i, document in enumerate(documents) for record in mrc_records(i, document, schema))
    )
    return 0
