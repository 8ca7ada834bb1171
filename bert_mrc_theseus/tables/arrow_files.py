"""Parquet and Arrow files (Feather is another name for these), read a few rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.files.raw_lines import PIECE
from bert_mrc_theseus.tables.arrow_values import json_value
from bert_mrc_theseus.tables.columns import Columns, Row
from bert_mrc_theseus.text.json_records import Json, shown

ROWS = 128
"""That are decoded at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrowRow:
    """A row of a `pyarrow.RecordBatch`."""

    batch: Any
    number: int

    def value(self, column: int) -> Json:
        cell = self.batch.column(column)[self.number]
        try:
            return json_value(cell)
        except UnicodeDecodeError as error:
            name = self.batch.schema.field(column).name
            raise ValueError(f"{shown(name)} is no UTF-8: byte 0x{error.object[error.start]:02x}") from error


class ArrowTable:
    """A Parquet or Arrow file that is being read; see `columns.Table`.

    Args:
        schema: a `pyarrow.Schema`.
        batches: gives record batches, each within a `reading`.
        text: name of the column with the texts.
        path: for messages.

    Raises:
        DataError: there is no such column, or it holds no strings.
    """

    def __init__(self, schema: Any, batches: Iterator[Any], text: str, path: str | Path):
        self.columns = Columns(tuple(schema.names), schema)
        self.text = self.columns.index(text, path, "--text-field")
        self._batches, self._path = batches, path
        kind = schema.field(self.text).type
        if not _is_text(kind):
            raise DataError(
                f"the column {shown(text)} holds {kind}, not strings",
                path,
                hint="--text-field names another column; bytes are cast to strings by what writes the file",
            )

    def rows(self) -> Iterator[tuple[int, Row | DataError]]:
        done = 0
        while True:
            with reading(self._path, f" behind row {done:,}", "what follows is left out"):
                batch = next(self._batches, None)
            if batch is None:
                return
            for start in range(0, batch.num_rows, ROWS):
                part = batch.slice(start, ROWS)
                for number in range(part.num_rows):
                    yield done + start + number + 1, ArrowRow(part, number)
            done += batch.num_rows


def open_parquet(stream: BinaryIO, text: str, path: str | Path) -> ArrowTable:
    """A Parquet file.

    Args:
        stream: of it; it must have a `seek` that works.
        text, path: see `ArrowTable`.

    Raises:
        DataError: it is none, or is damaged; or see `ArrowTable`.
        UserError: pyarrow is not installed.
    """
    import_arrow()
    import pyarrow.parquet as parquet

    with reading(path):
        _refuse_pipe(stream, path)
        # Without a buffer of its own, a column of a row group is read whole.
        file = parquet.ParquetFile(stream, buffer_size=PIECE, pre_buffer=False, page_checksum_verification=True)
        batches = file.iter_batches(ROWS, use_threads=False)
        return ArrowTable(file.schema_arrow, batches, text, path)


def open_arrow(stream: BinaryIO, text: str, path: str | Path) -> ArrowTable:
    """An Arrow file, in the form with a footer (Feather) or as a stream.

    Args, Raises: see `open_parquet`.
    """
    import_arrow()
    from pyarrow import ipc

    with reading(path):
        _refuse_pipe(stream, path)
        start = stream.read(6)
        stream.seek(0)
        if start.startswith(b"FEA1"):
            raise DataError("this is Feather of version 1", path, hint="write it again with pandas or pyarrow of today")
        opened: Any
        if start == b"ARROW1":
            opened = ipc.open_file(stream)
            batches = (opened.get_batch(number) for number in range(opened.num_record_batches))
        elif start.startswith((b"\xff\xff\xff\xff", b"\x00")) or not start:
            opened = ipc.open_stream(stream)
            batches = iter(opened)
        else:
            raise DataError("this is no Arrow file: it does not begin as one does", path)
        return ArrowTable(opened.schema, map(_checked, batches), text, path)


@contextmanager
def reading(path: str | Path, where: str = "", hint: str = "") -> Iterator[None]:
    """What pyarrow says of a file that it cannot read, as an error with the file's name."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        raise DataError(f"cannot read on{where}: {' '.join(str(error).split())}", path, hint=hint) from error


def _checked(batch: Any) -> Any:
    """A batch whose offsets lie in it: Arrow files are mapped, not decoded, and damaged ones would be read anyhow."""
    batch.validate(full=True)
    return batch


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    if isinstance(kind, import_arrow().BaseExtensionType):
        return _is_text(kind.storage_type)
    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind)
    )


def _refuse_pipe(stream: BinaryIO, path: str | Path) -> None:
    if not stream.seekable():
        raise DataError(
            "it cannot be read from a pipe, since it is not read from start to end", path, hint="name a file"
        )


def import_arrow() -> Any:
    """The module `pyarrow`.

    Raises:
        UserError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise UserError(
            "Parquet and Arrow are read and written by pyarrow: pip install 'bert-mrc-theseus[tables]'"
        ) from error
    return pyarrow
