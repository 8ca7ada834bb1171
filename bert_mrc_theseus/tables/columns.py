"""The columns of a table, and a row of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.json_records import Json, shown

SHOWN = 20
"""Names of columns in a message."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table.

    Attributes:
        names: in order.
        types: a `pyarrow.Schema`, with metadata; None: cells are strings, or of no declared type.
    """

    names: tuple[str, ...]
    types: Any = None

    def index(self, wanted: str, path: str | Path, option: str = "") -> int:
        """Number of a column, from 0.

        Args:
            wanted: its name.
            path: for messages.
            option: which names another one; "": none does.

        Raises:
            DataError: there is none of that name, or several.
        """
        count = self.names.count(wanted)
        if count == 1:
            return self.names.index(wanted)
        if count:
            raise DataError(
                f"{count} columns are called {shown(wanted)}", path, hint="one must have the name for itself"
            )
        more = f" and {len(self.names) - SHOWN} more" if len(self.names) > SHOWN else ""
        there = ", ".join(shown(name) for name in self.names[:SHOWN]) + more
        raise DataError(
            f"there is no column {shown(wanted)}; its columns are {there or 'none'}",
            path,
            hint=option and f"{option} names one",
        )


class Row(Protocol):
    """A row of a table."""

    def value(self, column: int) -> Json:
        """A cell as JSON has it.

        Raises:
            ValueError: it cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A row of plain values: the strings of a CSV file, the values of a JSON record."""

    values: Sequence[Json]

    def value(self, column: int) -> Json:
        return self.values[column]


class Table(Protocol):
    """A table that is being read.

    Attributes:
        columns: of it.
        text: number of the column with the texts.
    """

    columns: Columns
    text: int

    def rows(self) -> Iterable[tuple[int, Row | DataError]]:
        """(number for messages, from 1: the line, or the row) of each row, or why it cannot be read.

        Raises:
            DataError: nothing behind it can be read.
        """
        ...


class OutputColumns:
    """The columns that one output gets from all tables that are read for it: those of the first.

    Args:
        typed: each column has a type; JSON records are given one.
    """

    def __init__(self, typed: bool):
        self.typed = typed
        self.columns: Columns | None = None
        self._path: str | Path = ""

    def take(self, columns: Columns, path: str | Path) -> None:
        """Notes the columns of a table; one that has neither rows nor columns fits anywhere.

        Raises:
            DataError: they are not those of the tables before it.
        """
        if not columns.names:
            return
        if self.typed and columns.types is None:
            columns = strings(columns.names)
        if self.columns is None:
            self.columns, self._path = columns, path
        elif columns is not self.columns and (difference := _difference(self.columns, columns)):
            raise DataError(f"its columns are not those of {self._path}: {difference}", path, hint="predict it alone")


def strings(names: Iterable[str]) -> Columns:
    """Columns of strings, with that type."""
    import pyarrow as pa

    types = pa.schema([(name, pa.string()) for name in names])
    return Columns(tuple(types.names), types)


def _difference(first: Columns, other: Columns) -> str:
    """How columns differ; "": they do not."""
    if first.names != other.names:
        missing = [name for name in first.names if name not in other.names]
        more = [name for name in other.names if name not in first.names]
        parts = (("missing", missing), ("further", more))
        said = [f"{what} {', '.join(map(shown, names[:SHOWN]))}" for what, names in parts if names]
        return "; ".join(said) or "they are in another order"
    if (first.types is None) != (other.types is None):
        return "those of Parquet and Arrow files have types, others have none"
    if first.types is not None and not first.types.equals(other.types):
        one, two = next((a, b) for a, b in zip(first.types, other.types, strict=True) if not a.equals(b))
        return f"{shown(one.name)} is {_typed(two)} and not {_typed(one)}"
    return ""


def _typed(field: Any) -> str:
    return f"{field.type}{'' if field.nullable else ' not null'}"
