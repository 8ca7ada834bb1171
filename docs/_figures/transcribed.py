"""Tables whose figures were copied from a page once: the output of their command is not kept."""

from typing import Any

from docs._figures.reports import RESULTS, report
from docs._figures.table import Cell, Table, Text

FOLDER = "transcribed"
"""Below docs/results: a file a table, with the page's words about where its figures come from."""


def transcribed_names() -> list[str]:
    """The names of these tables."""
    return sorted(path.stem for path in (RESULTS / FOLDER).glob("*.json"))


def transcribed(name: str) -> Table:
    """A table."""
    found = report(f"{FOLDER}/{name}")
    return Table([_cell(cell) for cell in found["columns"]], [[_cell(cell) for cell in row] for row in found["rows"]])


def _cell(cell: Any) -> Cell:
    return cell if isinstance(cell, str) else Text(cell["en"], cell["zh"])
