"""Entities as cells of a table: all of a text in one column, or one a row."""

from collections.abc import Iterator
from typing import Any

from bert_mrc_theseus.tables.columns import Columns
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_to_dict

ENTITIES = "entities"
"""The column with all entities of a text."""

FIELDS = ("start", "end", "type", "text", "score", "source")
"""Of an entity, in order: as the interchange format has them."""

ENTITY_COLUMNS = tuple(f"entity_{name}" for name in FIELDS)
"""The columns with one entity a row."""

ROWS = ("texts", "entities")
"""What a row can be."""


def new_columns(entity_rows: bool) -> tuple[str, ...]:
    """The names of the columns that prediction writes; columns of the input that are called so are replaced."""
    return ENTITY_COLUMNS if entity_rows else (ENTITIES,)


def kept_columns(columns: Columns, entity_rows: bool) -> list[int]:
    """Numbers of the input's columns that come through; those of prediction stand behind them."""
    # A list of entities of an earlier prediction would stand beside the new ones.
    new = {*new_columns(entity_rows), ENTITIES}
    return [number for number, name in enumerate(columns.names) if name not in new]


def entity_values(document: Document) -> Iterator[tuple[Any, ...]]:
    """The `FIELDS` of each entity; None: not there."""
    for item in document_to_dict(document)[ENTITIES]:
        yield tuple(item.get(name) for name in FIELDS)
