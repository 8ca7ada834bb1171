"""Which underline an entity has: entities that overlap are underlined below one another, inner ones next to the text."""

from collections.abc import Sequence
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
    levels: list[int] = []
    ends: list[int] = []  # of the group of overlapping entities, a lane each: outer ones first
    group = 0
    for entity in entities:
        if ends and entity.start >= max(ends):
            levels[group:] = [len(ends) - 1 - lane for lane in levels[group:]]
            group, ends = len(levels), []
        free = next((i for i, end in enumerate(ends) if end <= entity.start), len(ends))
        lane = min(free, DEEPEST - 1)
        if lane == len(ends):
            ends.append(entity.end)
        else:
            ends[lane] = max(ends[lane], entity.end)
        levels.append(lane)
    levels[group:] = [len(ends) - 1 - lane for lane in levels[group:]]
    return levels
