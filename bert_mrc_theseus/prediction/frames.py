"""A column of texts -> a column of entities: data frames of pandas and Polars, batches of Hugging Face datasets.

A cell of the new column is a list with a dict for each entity, in the fields of `Extraction`. A text that is missing (None,
NaN) has no entities; how many are missing is said in a warning.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar
from warnings import warn

from bert_mrc_theseus.errors import UsageError

Frame = TypeVar("Frame")

Find = Callable[[Iterable[str]], Iterator[list[Any]]]
"""Entities of each text, in order, as dataclasses: `Extractor.batch`."""

ENTITIES = "entities"
"""The column that is added, unless a user names another."""


def frame_with_entities(find: Find, frame: Frame, column: Any, into: str = ENTITIES) -> Frame:
    """`Extractor.frame` with the entities that `find` finds.

    Raises:
        TypeError, UsageError: see there.
    """
    # Who has a frame has imported its library.
    pandas, polars = (sys.modules.get(name) for name in ("pandas", "polars"))
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        _check_columns(list(frame.columns), column, into)
        texts = [None if pandas.api.types.is_scalar(text) and pandas.isna(text) else text for text in frame[column]]
        cells = pandas.Series(_cells(find, texts, column), frame.index, dtype=object)
        return frame.assign(**{into: cells})
    if polars is not None and isinstance(frame, polars.DataFrame):
        _check_columns(frame.columns, column, into)
        kinds = {"text": polars.String, "type": polars.String, "start": polars.Int64, "end": polars.Int64}
        cells = _cells(find, [None if _is_nan(text) else text for text in frame[column]], column)
        kind = polars.List(polars.Struct({**kinds, "score": polars.Float64}))
        return frame.with_columns(polars.Series(into, cells, kind))
    raise TypeError(f"a frame is a DataFrame of pandas or Polars. Received: {type(frame).__name__}")


def batch_with_entities(
    find: Find, batch: Mapping[str, Sequence[Any]], column: str, into: str = ENTITIES
) -> dict[str, list[list[dict[str, Any]]]]:
    """`Extractor.map_batch` with the entities that `find` finds.

    Raises:
        TypeError, UsageError: see there.
    """
    _check_columns(list(batch), column, into)
    return {into: EntityColumn(_cells(find, [None if _is_nan(text) else text for text in batch[column]], column))}


class EntityColumn(list):
    """A column of entities that Arrow knows the type of, also where nothing was found: without, the first batch of a dataset
    that has no entities would make it a column of nothing, for all batches that follow.
    """

    def __arrow_array__(self, type: Any = None) -> Any:
        import pyarrow as pa

        kinds = {
            "text": pa.string(),
            "type": pa.string(),
            "start": pa.int64(),
            "end": pa.int64(),
            "score": pa.float64(),
        }
        return pa.array(list(self), type or pa.list_(pa.struct(list(kinds.items()))))


def _check_columns(columns: Sequence[Any], column: Any, into: str) -> None:
    """Raises UsageError unless the texts' column is there once, and the new one is not."""
    count = list(columns).count(column)
    if count != 1:
        there = ", ".join(repr(name) for name in columns) or "none"
        problem = "no column" if count == 0 else f"{count} columns"
        raise UsageError(f"the frame has {problem} {column!r}; its columns are {there}")
    if into in columns:
        raise UsageError(f"the frame has a column {into!r} already: name another one for the entities (into=...)")


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


def _cells(find: Find, texts: Sequence[Any], column: Any) -> list[list[dict[str, Any]]]:
    """The entities of each text; None has none."""
    missing = sum(text is None for text in texts)
    if missing:
        # The caller is a method of the extractor, and who calls that is told.
        warn(f"column {column!r}: {missing:,} of {len(texts):,} texts are missing; they have no entities", stacklevel=4)
    found = find("" if text is None else text for text in texts)
    return [[asdict(entity) for entity in entities] for entities in found]
