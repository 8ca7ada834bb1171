"""Which underline an entity has: entities that overlap are underlined below one another, inner ones next to the text."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

DEEPEST = 8
"""Levels below the text; what is nested deeper shares the last one."""


class Span(Protocol):
    """What is drawn: an entity."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def type(self) -> str: ...

    @property
    def score(self) -> float | None: ...

    @property
    def source(self) -> str | None: ...


SpanT = TypeVar("SpanT", bound=Span)


def in_reading_order(entities: Sequence[SpanT]) -> list[SpanT]:
    """By start, outer ones before inner ones."""
    return sorted(entities, key=lambda entity: (entity.start, -entity.end, entity.type))


def levels_of(entities: Sequence[Span]) -> list[int]:
    """For each entity how many underlines lie between it and the text.

    Args:
        entities: in reading order.
    """
    lanes: list[int] = []
    groups: list[tuple[int, int]] = []  # of entities that overlap: where each begins, and how many lanes it has
    open_ends: list[int] = []
    for entity in entities:
        while open_ends and open_ends[-1] <= entity.start:
            open_ends.pop()
        if not open_ends:
            groups.append((len(lanes), 0))
        if len(open_ends) < DEEPEST:
            open_ends.append(entity.end)
        else:
            open_ends[-1] = max(open_ends[-1], entity.end)
        lanes.append(len(open_ends) - 1)
        groups[-1] = (groups[-1][0], max(groups[-1][1], len(open_ends)))
    levels: list[int] = []
    for (start, count), (end, _) in pairwise([*groups, (len(lanes), 0)]):
        levels += [count - 1 - lane for lane in lanes[start:end]]
    return levels
