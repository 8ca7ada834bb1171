"""A table in both languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Text(NamedTuple):
    """What a heading or a cell says in each language."""

    en: str
    zh: str


Cell = str | Text
"""A cell; a plain string, such as a figure, is the same in both languages."""


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        heads: the headings of its columns.
        rows: its cells, a sequence a row.
    """

    heads: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]

    def __post_init__(self) -> None:
        """Checks that every row has a cell for each column."""
        for row in self.rows:
            if len(row) != len(self.heads):
                raise ValueError(f"{len(self.heads)} columns, but a row of {len(row)} cells: {row}")

    def lines(self, language: str) -> list[str]:
        """The table in Markdown."""
        rows = [self.heads, *self.rows]
        head, *body = (_line([said(cell, language) for cell in row]) for row in rows)
        return [head, "|" + "---|" * len(self.heads), *body]


def said(cell: Cell, language: str) -> str:
    """What a cell says in a language."""
    return cell if isinstance(cell, str) else getattr(cell, language)


def _line(cells: list[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
