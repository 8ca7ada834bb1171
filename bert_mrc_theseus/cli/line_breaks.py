"""Lines of Chinese text: they may end between any two characters, which Rich does only at spaces."""

from typing import Any

from rich.cells import get_character_cell_size
from rich.containers import Lines
from rich.text import Text

_NOT_FIRST = "，。；：、！？）》」』”’…"
_NOT_LAST = "（《「『“‘"


class WrappedText(Text):
    """A text that is wrapped by `line_ends`, and never shortened."""

    @classmethod
    def of(cls, text: Text) -> "WrappedText":
        """The same text, wrapped so."""
        return cls(text.plain, style=text.style, justify=text.justify, end=text.end, spans=text.spans)

    def wrap(self, console: Any, width: int, **options: Any) -> Lines:
        lines = Lines()
        for line in self.split(allow_blank=True):
            lines.extend(line.divide(line_ends(line.plain, width)))
        for line in lines:
            line.rstrip()
        return lines


def line_ends(text: str, width: int) -> list[int]:
    """Where to break a line.

    Args:
        text: without line feeds.
        width: cells of a terminal that a line has; a wide character takes two.

    Returns:
        Positions at which new lines begin.
    """
    ends: list[int] = []
    start = last = used = 0
    for place, character in enumerate(text):
        if place > start and _may_break(text[place - 1], character):
            last = place
        size = get_character_cell_size(character)
        if used + size > width and character != " " and place > start:
            # A word that is wider than the line is broken where the line ends.
            start = last if last > start else place
            ends.append(start)
            used = sum(map(get_character_cell_size, text[start:place]))
        used += size
    return ends


def _may_break(before: str, after: str) -> bool:
    if before == " ":
        return after != " "
    wide = get_character_cell_size(before) == 2 or get_character_cell_size(after) == 2
    return wide and after not in _NOT_FIRST and before not in _NOT_LAST and after != " "
