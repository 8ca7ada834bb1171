"""Entities in Ray Data: `Find`, a callable class for `Dataset.map_batches`, and `find_entities`, which calls that with settings
that cannot hang.
"""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.output.arrow_tables import entity_lists
from bert_mrc_theseus.output.entity_cells import ENTITIES
from bert_mrc_theseus.prediction.extractor import Extractor
from bert_mrc_theseus.text.documents import TEXT, Document

if TYPE_CHECKING:
    import ray.data

ERROR = "entities_error"
"""The column that `Find` adds beside `entities`: why nothing could be looked for (null: it could)."""

ENTITY_LISTS = entity_lists()
"""Entities as `predict` writes them to Parquet."""

CPUS = 0.5
"""Of an actor, as Ray Data counts: with whole ones as many actors as the cluster has CPUs leave none for reading, and Ray Data
waits for ever, without a word."""


class Find:
    """Finds entities in batches of a Ray dataset; an actor loads the model once, and computes on one thread.

    It takes batches of Arrow (`batch_format="pyarrow"`) and gives them back with the columns `entities` and `entities_error`.

    Args:
        text_field: the column with the texts.
        arguments: of `Extractor.load`.
    """

    def __init__(self, text_field: str = TEXT, **arguments: Any):
        self._text_field = text_field
        self._extractor = Extractor.load(**{"threads": 1, **arguments})

    def __call__(self, batch: pa.Table, text_field: str | None = None) -> pa.Table:
        """The batch with entities.

        Args:
            batch: rows.
            text_field: another column with the texts than the usual one.

        Raises:
            TypeError: it is no Arrow table.
            DataError: it has no such column, or one that holds no text.
        """
        if not isinstance(batch, pa.Table):
            raise TypeError(
                f'Find takes tables of Arrow: map_batches(Find, batch_format="pyarrow"). Received: {type(batch)}'
            )
        text_field = text_field or self._text_field
        check_column(batch.schema, text_field)
        texts = batch.column(text_field).to_pylist()
        found = self._extractor.documents(Document(number, text or "") for number, text in enumerate(texts))
        lists = [
            None
            if text is None
            else [
                {"start": e.start, "end": e.end, "type": e.type, "text": document.text_of(e), "score": e.score}
                for e in document.entities
            ]
            for text, document in zip(texts, found, strict=True)
        ]
        errors = [f"{text_field!r} is null" if text is None else None for text in texts]
        kept = [name for name in batch.column_names if name not in (ENTITIES, ERROR)]
        return (
            batch.select(kept)
            .append_column(ENTITIES, pa.array(lists, ENTITY_LISTS))
            .append_column(ERROR, pa.array(errors, pa.string()))
        )


def check_column(schema: pa.Schema, name: str, path: str | None = None) -> None:
    """Refuses a table without texts.

    Raises:
        DataError: it has no such column, or one that holds no text; or two columns of one name.
    """
    if len(set(schema.names)) < len(schema.names):
        raise DataError("two columns have the same name", path)
    if name not in schema.names:
        there = ", ".join(schema.names[:8]) or "nothing"
        raise DataError(
            f"there is no column {name!r} among {there}", path, hint="--text-field names the one with texts"
        )
    kind = schema.field(name).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise DataError(f"the column {name!r} holds no text but {kind}", path)


def find_entities(
    dataset: "ray.data.Dataset", workers: int = 2, text_field: str = TEXT, batch_size: int = 256, **arguments: Any
) -> "ray.data.Dataset":
    """A Ray dataset with the columns `entities` and `entities_error`.

    Args:
        dataset: has a column of texts.
        workers: actors, each with the model and one thread.
        text_field: that column.
        batch_size: rows that an actor gets at a time.
        arguments: of `Extractor.load`.

    Raises:
        UsageError: the cluster has no room for so many actors and for a task that reads.
    """
    import ray

    there = ray.cluster_resources().get("CPU", 0.0)
    if workers * CPUS + 1 > there:
        raise UsageError(
            f"the cluster has {there:g} CPUs: {workers} workers of {CPUS:g} and a task that reads have no room there, and Ray "
            f"Data would wait for ever; there is room for {max(0, int((there - 1) / CPUS))}"
        )
    return dataset.map_batches(
        Find,
        batch_format="pyarrow",
        batch_size=batch_size,
        fn_constructor_kwargs={"text_field": text_field, **arguments},
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=CPUS,
    )
