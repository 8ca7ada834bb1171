"""Parquet and Arrow files: the rows of a table, their cells of whatever type untouched, with their entities.

Rows are collected until they have about `LARGEST` bytes, and written as one row group (Parquet) or record batch (Arrow).
"""

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any, BinaryIO

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.output.entity_cells import ENTITIES, ENTITY_COLUMNS, FIELDS, entity_values, kept_columns
from bert_mrc_theseus.tables.arrow_files import ArrowRow
from bert_mrc_theseus.tables.columns import Columns
from bert_mrc_theseus.tables.kinds import TYPED
from bert_mrc_theseus.text.documents import Document

LARGEST = 2**24
"""Bytes of rows that are written at a time, about; and as many that are held."""

MOST = 100_000
"""Rows of a row group at most."""

Entities = list[dict[str, Any]] | tuple[Any, ...]
"""What a row of the output says of entities: all of its text, or the `FIELDS` of one."""


def write_arrow(
    stream: BinaryIO, documents: Iterable[Document], kind: str, columns: Columns, entity_rows: bool
) -> None:
    """Writes a table.

    Args:
        stream: of the file.
        documents: with their rows.
        kind: "parquet" or "arrow".
        columns: of all rows.
        entity_rows: a row is an entity, and not a text.

    Raises:
        UserError: the format cannot hold the columns.
        OSError: it cannot be written.
    """
    import pyarrow as pa

    assert kind in TYPED
    numbers = kept_columns(columns, entity_rows)
    schema = pa.schema([columns.types.field(number) for number in numbers], columns.types.metadata)
    for field in _entity_fields(entity_rows):
        schema = schema.append(field)
    try:
        with (_parquet if kind == "parquet" else _arrow)(stream, schema) as write:
            for rows in _collected(documents, entity_rows):
                kept = _kept_cells([row for row, _ in rows], columns).select(numbers)
                cells = _entity_cells([entities for _, entities in rows], entity_rows)
                write(pa.table([*kept.columns, *cells], schema=schema))
    except pa.ArrowException as error:
        raise UserError(f"{kind} cannot hold these columns: {' '.join(str(error).split())}") from error


def _collected(documents: Iterable[Document], entity_rows: bool) -> Iterator[list[tuple[Any, Entities]]]:
    """The output's rows, as many as are written at a time: the input's row, and its entities."""
    rows: list[tuple[Any, Entities]] = []
    size = 0.0
    sizes = _Sizes()
    for document in documents:
        each = sizes.of(document)
        values = entity_values(document)
        found: Iterable[Entities] = (
            values if entity_rows else [[dict(zip(FIELDS, value, strict=True)) for value in values]]
        )
        for entities in found:
            rows.append((document.row, entities))
            size += each
            if size >= LARGEST or len(rows) >= MOST:
                yield rows
                rows, size = [], 0.0
    if rows:
        yield rows


class _Sizes:
    """How many bytes a row has, about."""

    def __init__(self) -> None:
        self._batch: Any = None
        self._mean = 0.0

    def of(self, document: Document) -> float:
        row = document.row
        if not isinstance(row, ArrowRow):
            return 100.0 + sum(len(str(value)) for value in row.values)
        if row.batch is not self._batch:
            self._batch, self._mean = row.batch, row.batch.nbytes / row.batch.num_rows
        return self._mean + 4 * len(document.text) + 64 * len(document.entities)


def _kept_cells(rows: list[Any], columns: Columns) -> Any:
    """The input's columns of some rows."""
    import pyarrow as pa

    parts = []
    for _, group in groupby(rows, key=lambda row: id(row.batch) if isinstance(row, ArrowRow) else None):
        together = list(group)
        if isinstance(together[0], ArrowRow):
            found = _some_rows(together[0].batch, [row.number for row in together])
            # Files that are read together may differ in their metadata.
            parts += [pa.RecordBatch.from_arrays(batch.columns, schema=columns.types) for batch in found]
        else:
            values = zip(*(row.values for row in together), strict=True)
            arrays = [pa.array(cells, field.type) for cells, field in zip(values, columns.types, strict=True)]
            parts.append(pa.RecordBatch.from_arrays(arrays, schema=columns.types))
    return pa.Table.from_batches(parts, columns.types)


def _some_rows(batch: Any, numbers: list[int]) -> list[Any]:
    """Rows of a batch, in several if need be."""
    import pyarrow as pa

    first, last = numbers[0], numbers[-1]
    if numbers == list(range(first, last + 1)):
        return [batch.slice(first, last - first + 1)]
    try:
        return [batch.take(pa.array(numbers))]
    except pa.ArrowNotImplementedError:  # Not all types can be taken apart so.
        return [batch.slice(number, 1) for number in numbers]


def _entity_types() -> list[tuple[str, Any]]:
    import pyarrow as pa

    types = {"start": pa.int64(), "end": pa.int64(), "score": pa.float64()}
    return [(name, types.get(name, pa.string())) for name in FIELDS]


def entity_lists() -> Any:
    """The type of a column with all entities of a text."""
    import pyarrow as pa

    return pa.list_(pa.struct(_entity_types()))


def _entity_fields(entity_rows: bool) -> list[Any]:
    """The output's own columns, as fields of a schema."""
    import pyarrow as pa

    if entity_rows:
        return [pa.field(name, kind) for name, (_, kind) in zip(ENTITY_COLUMNS, _entity_types(), strict=True)]
    return [pa.field(ENTITIES, entity_lists())]


def _entity_cells(entities: list[Entities], entity_rows: bool) -> list[Any]:
    import pyarrow as pa

    fields = _entity_fields(entity_rows)
    if not entity_rows:
        return [pa.array(entities, fields[0].type)]
    return [pa.array(cells, field.type) for cells, field in zip(zip(*entities, strict=True), fields, strict=True)]


class _Sink(io.RawIOBase):
    """A stream for a writer of pyarrow, which writes the end of its file whatever happens: as if all had been well."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self.given_up = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data) if self.given_up else self._stream.write(data)


@contextmanager
def _opened(stream: BinaryIO, open_writer: Callable[[Any], Any]) -> Iterator[Any]:
    """A writer of pyarrow, that ends its file only when the block ends without an error."""
    sink = _Sink(stream)
    try:
        writer = open_writer(sink)
        yield writer
        writer.close()
    finally:
        # Whatever the writer still has to say, when it is forgotten.
        sink.given_up = True


@contextmanager
def _parquet(stream: BinaryIO, schema: Any) -> Iterator[Callable[[Any], None]]:
    import pyarrow.parquet as parquet

    with _opened(stream, lambda sink: parquet.ParquetWriter(sink, schema)) as writer:
        yield lambda table: writer.write_table(table, row_group_size=MOST)


@contextmanager
def _arrow(stream: BinaryIO, schema: Any) -> Iterator[Callable[[Any], None]]:
    from pyarrow import ipc

    # As pandas writes Feather. A dictionary of such a file may grow, and not change.
    options = ipc.IpcWriteOptions(compression="lz4", emit_dictionary_deltas=True)
    dictionaries = _Dictionaries()
    with _opened(stream, lambda sink: ipc.new_file(sink, schema, options=options)) as writer:
        yield lambda table: writer.write_table(dictionaries.grown(table))


class _Dictionaries:
    """One dictionary for each column that has one, which only grows."""

    def __init__(self) -> None:
        self._values: dict[int, Any] = {}

    def grown(self, table: Any) -> Any:
        """The same table, in terms of these dictionaries."""
        import pyarrow as pa
        import pyarrow.compute as compute

        table = table.unify_dictionaries().combine_chunks()
        for number, field in enumerate(table.schema):
            if not pa.types.is_dictionary(field.type):
                continue
            for column in table.column(number).chunks:
                known = self._values.get(number)
                found = column.dictionary
                if known is None:
                    known = found
                elif not found.equals(known):
                    known = pa.concat_arrays([known, found.filter(compute.invert(compute.is_in(found, known)))])
                    indices = compute.index_in(found, known).take(column.indices).cast(field.type.index_type)
                    column = pa.DictionaryArray.from_arrays(indices, known, ordered=field.type.ordered)
                self._values[number] = known
                table = table.set_column(number, field, column)
        return table
