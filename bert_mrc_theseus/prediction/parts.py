"""Large inputs in parts, each with an output of its own that is there whole or not at all: whoever predicts a part, and how
often, the same rows come into the same file.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.files.atomic_files import atomic_binary, atomic_write
from bert_mrc_theseus.files.packed_files import is_packed, unpacked_name
from bert_mrc_theseus.files.raw_lines import LONGEST_LINE, PIECE, open_binary
from bert_mrc_theseus.files.reading import BYTE_ORDER_MARK
from bert_mrc_theseus.files.remote_files import is_remote, open_remote
from bert_mrc_theseus.files.trees import Place, below, is_file, names_below, stamp
from bert_mrc_theseus.output.entity_cells import ENTITIES
from bert_mrc_theseus.output.json_streams import json_line, json_text
from bert_mrc_theseus.prediction.ray_data import ENTITY_LISTS, ERROR, Find, check_column
from bert_mrc_theseus.text.documents import TEXT
from bert_mrc_theseus.text.interchange import document_to_dict, parse_document

PARQUET, JSONL = ".parquet", (".jsonl", ".ndjson")

FOUND, FAILED = "entities", "failed"
"""Folders of the outputs."""

ROWS = 10_000
"""Rows of a part, unless a user says otherwise: what a worker that is killed has done in vain."""

ROW_BYTES = 200
"""Bytes that count as a row of a JSONL file, whose lines are not counted beforehand; a packed file is a single part."""

BATCH = 1024
"""Rows that are predicted, and written, at a time."""

JSON_SCHEMA = pa.schema([("id", pa.string()), (TEXT, pa.string()), ("rest", pa.string())])
"""The columns of JSONL records: further fields are JSON, since those of two records need not be of the same kind; so is an id
that is a number."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a file.

    Attributes:
        path: of the file, or its address.
        name: of the file, below the input that was given.
        number: of the part in the file, from 0.
        begin, end: half-open: rows of a Parquet file; of JSONL bytes, in which a line begins. None: to the end.
    """

    path: str
    name: str
    number: int
    begin: int
    end: int | None

    @property
    def output(self) -> str:
        """Name of the file for its rows with what was found, in the folder of these."""
        return f"{self.name}/{self.number:06d}.parquet"

    def entities_path(self, out: Place) -> Place:
        """The file for its rows with what was found."""
        return below(out, f"{FOUND}/{self.output}")

    def failed_path(self, out: Place) -> Place:
        """The file for its rows that cannot be read, with the reason."""
        return below(out, f"{FAILED}/{self.name}/{self.number:06d}.jsonl")


class Counts(NamedTuple):
    """Of what was done: rows that were read, entities that were found, rows that failed."""

    rows: int = 0
    entities: int = 0
    failed: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(*map(sum, zip(self, other, strict=True)))


def find_tables(given: Place) -> list[tuple[Place, str]]:
    """The Parquet and JSONL files to read, sorted, with their names below what was given: a file, or a folder of them.

    Raises:
        UsageError: there is none.
        DataError: see `remote_files.is_remote_file`.
    """
    own = str(given).rstrip("/").rpartition("/")[2]
    if _is_table(own) and is_file(given):
        return [(given, own)]
    names = [name for name in names_below(given) if _is_table(name)]
    if not names:
        raise UsageError(f"{given} is no .parquet, .jsonl or .ndjson file (.gz and .zst too), and no folder with one")
    return [(below(given, name), name) for name in names]


def done_outputs(out: Place) -> set[str]:
    """The outputs that are there, see `Part.output`.

    Raises:
        DataError: see `remote_files.is_remote_file`.
    """
    return set(names_below(below(out, FOUND)))


def parts_of(path: Place, name: str, text_field: str, rows: int = ROWS) -> list[Part]:
    """The parts of a file, in order.

    Args:
        path: of the file.
        name: see `Part`.
        text_field: the field or column that holds the text.
        rows: of a part, about.

    Raises:
        DataError: it cannot be read, or has no column of texts.
    """
    if _is_parquet(path):
        with _opened(path) as file:
            check_column(file.schema_arrow, text_field, str(path))
            size, step = file.metadata.num_rows, rows
    else:
        if is_packed(path):
            return [Part(str(path), name, 0, 0, None)]
        size, step = stamp(path)[0], rows * ROW_BYTES
    begins = range(0, max(size, 1), step)
    return [Part(str(path), name, number, begin, min(begin + step, size)) for number, begin in enumerate(begins)]


def predict_part(part: Part, out: Place, find: Find, text_field: str) -> Counts:
    """Predicts a part and writes what comes of it, in one atomic step.

    Args:
        part: what to read.
        out: folder of the outputs, see `Part`.
        find: adds entities to a table.
        text_field: the field or column that holds the text.

    Raises:
        DataError: the file cannot be read.
        OSError: the output cannot be written.
    """
    counts, failed = Counts(), list[dict[str, Any]]()
    if _is_parquet(part.path):
        tables, column = _parquet_tables(part), text_field
    else:
        tables, column = _json_tables(part, text_field, failed), TEXT
    schema = next(tables).schema
    kept = [field for field in schema if field.name not in (ENTITIES, ERROR)]
    written = pa.schema([*kept, pa.field(ENTITIES, ENTITY_LISTS)], schema.metadata)
    with atomic_binary(part.entities_path(out)) as stream:
        with parquet.ParquetWriter(stream, written) as writer:
            for table in tables:
                found = find(table, column)
                good = found.filter(found.column(ERROR).is_null())
                writer.write_table(good.drop_columns(ERROR).cast(written))
                failed += _failures(part, found, counts.rows)
                counts = counts.plus(Counts(len(table), sum(map(len, good.column(ENTITIES).to_pylist()))))
        if failed:
            # Before the other file, which says that the part is done.
            with atomic_write(part.failed_path(out)) as lines:
                lines.writelines(map(json_line, failed))
    in_tables = sum("row" in failure for failure in failed)
    return counts.plus(Counts(len(failed) - in_tables, 0, len(failed)))


def _is_parquet(path: Place) -> bool:
    return str(path).lower().endswith(PARQUET)


def _is_table(name: str) -> bool:
    return _is_parquet(name) or unpacked_name(name).endswith(JSONL)


@contextmanager
def _opened(path: Place) -> Iterator[parquet.ParquetFile]:
    with ExitStack() as opened:
        source = opened.enter_context(open_remote(str(path))) if is_remote(path) else path
        try:
            file = opened.enter_context(parquet.ParquetFile(source))
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"cannot be read as Parquet: {error}", path) from error
        yield file


def _parquet_tables(part: Part) -> Iterator[pa.Table]:
    """The columns of a part, without rows; and then its rows."""
    with _opened(part.path) as file:
        yield file.schema_arrow.empty_table()
        assert part.end is not None
        groups, first, begin = [], None, 0
        for group in range(file.num_row_groups):
            end = begin + file.metadata.row_group(group).num_rows
            if begin < part.end and end > part.begin:
                groups.append(group)
                first = begin if first is None else first
            begin = end
        if first is None:
            return
        position = first
        try:
            for batch in file.iter_batches(BATCH, row_groups=groups):
                begin, end = max(part.begin - position, 0), min(part.end - position, len(batch))
                if begin < end:
                    yield pa.Table.from_batches([batch.slice(begin, end - begin)])
                position += len(batch)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"cannot be read as Parquet: {error}", part.path) from error


def _failures(part: Part, found: pa.Table, before: int) -> Iterator[dict[str, Any]]:
    """The rows of a table that failed, with their places in the file."""
    reasons = found.column(ERROR)
    if reasons.null_count == len(found):
        return
    for number, (row, reason) in enumerate(
        zip(found.drop_columns([ERROR, ENTITIES]).to_pylist(), reasons, strict=True)
    ):
        if reason.is_valid:
            # Bytes and times are no JSON.
            record = json.loads(json.dumps(row, default=str))
            yield {"file": part.path, "row": part.begin + before + number, "reason": reason.as_py(), "record": record}


def _json_tables(part: Part, text_field: str, failed: list[dict[str, Any]]) -> Iterator[pa.Table]:
    """The columns of a part, without rows; and then its rows, but for lines that are no documents."""
    yield JSON_SCHEMA.empty_table()
    rows: list[dict[str, Any]] = []
    for offset, line in _lines(part):
        if line is not None and not line.strip():
            continue
        try:
            rows.append(_json_row(line, offset, part, text_field))
        except DataError as error:
            shown = (line or b"").decode("utf-8", "backslashreplace").rstrip("\r\n")
            failed.append({"file": part.path, "byte": offset, "reason": error.problem, "record": shown})
        if len(rows) == BATCH:
            yield pa.Table.from_pylist(rows, JSON_SCHEMA)
            rows = []
    if rows:
        yield pa.Table.from_pylist(rows, JSON_SCHEMA)


def _json_row(line: bytes | None, offset: int, part: Part, text_field: str) -> dict[str, Any]:
    if line is None:
        raise DataError(f"a line of more than {LONGEST_LINE:,} bytes")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error.reason} at byte {error.start} of the line") from error
    document = parse_document(text, part.path, 0, f"{part.name}@{offset}", text_field)
    record = document_to_dict(document)
    rest = {name: value for name, value in record.items() if name not in ("text", ENTITIES, "annotated")}
    if isinstance(document.id, str):
        del rest["id"]
    return {"id": str(document.id), TEXT: document.text, "rest": json_text(rest) if rest else None}


def _lines(part: Part) -> Iterator[tuple[int, bytes | None]]:
    """(offset in the file, line) of the lines that begin in a part; None: it is too long."""
    with open_binary(part.path) as stream:
        offset = part.begin
        if offset:
            # The line that the byte before belongs to is the part's before this one.
            stream.seek(offset - 1)
            offset += _skip_line(stream) - 1
        while part.end is None or offset < part.end:
            try:
                line = stream.readline(LONGEST_LINE + 1)
            except (OSError, EOFError, zlib.error) as error:
                raise DataError(f"cannot read on: {error}", part.path) from error
            if not line:
                return
            size = len(line)
            if size > LONGEST_LINE:
                size += 0 if line.endswith(b"\n") else _skip_line(stream)
                yield offset, None
            else:
                yield offset, line if offset else line.removeprefix(BYTE_ORDER_MARK.encode())
            offset += size


def _skip_line(stream: Any) -> int:
    """Reads to the end of a line; how many bytes these were."""
    size = 0
    while piece := stream.readline(PIECE):
        size += len(piece)
        if piece.endswith(b"\n"):
            break
    return size
