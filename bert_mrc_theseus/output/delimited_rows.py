"""CSV and TSV: the rows of a table with their entities, as JSON in one cell, or one a row."""

from bert_mrc_theseus.output.entity_cells import entity_values, kept_columns, new_columns
from bert_mrc_theseus.output.json_streams import json_text
from bert_mrc_theseus.tables.columns import Columns
from bert_mrc_theseus.tables.delimited import delimited_line
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_to_dict
from bert_mrc_theseus.text.json_records import Json


def delimited_head(columns: Columns, delimiter: str, entity_rows: bool) -> str:
    """The header."""
    kept = [columns.names[number] for number in kept_columns(columns, entity_rows)]
    return delimited_line([*kept, *new_columns(entity_rows)], delimiter)


def delimited_rows(document: Document, columns: Columns, delimiter: str, entity_rows: bool) -> str:
    """The rows of a document: one, or one for each of its entities."""
    kept = [_cell(document.row.value(number)) for number in kept_columns(columns, entity_rows)]
    if entity_rows:
        return "".join(delimited_line([*kept, *map(_cell, values)], delimiter) for values in entity_values(document))
    return delimited_line([*kept, json_text(document_to_dict(document)["entities"])], delimiter)


def _cell(value: Json) -> str:
    """Strings as they are, nothing for null, all else as JSON."""
    return value if isinstance(value, str) else "" if value is None else json_text(value)
