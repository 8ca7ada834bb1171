"""From start and end probabilities to spans: total, pure functions.

A candidate is a start with the nearest end at or after it. Its score is the geometric mean of the two probabilities. Flat
decoding takes candidates greedily by score and drops those that overlap one taken before, of any type or of the same type.
Nested decoding takes what flat decoding finds in each type by itself, except what the match head rejects, and the other pairs
that it accepts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np


class Decoding(StrEnum):
    """Which entities of a text may overlap."""

    FLAT = "flat"
    BY_TYPE = "flat by type"
    """Those of different types; a model without match head can do no more."""
    NESTED = "nested"
    """Those of a type too, where the match head accepts both."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Smallest probabilities of a start, of an end and of their match. Tuned on dev and saved with the model.

    Raises:
        ValueError: a value that is no probability.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.Thresholds(0.9, 0.9)
        Thresholds(start=0.9, end=0.9, match=0.7)
    """

    start: float = 0.5
    end: float = 0.5
    match: float = 0.7

    def __post_init__(self) -> None:
        for value in (self.start, self.end, self.match):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"a threshold lies between 0 and 1. Received: {value}")


def candidate_spans(start: np.ndarray, end: np.ndarray, thresholds: Thresholds) -> list[tuple[int, int, float]]:
    """Candidates of one type.

    Args:
        start: probabilities, shape (L,).
        end: the same.
        thresholds: smallest probabilities that count.

    Returns:
        Half-open spans with their scores: (start, end, score), by start.
    """
    starts = np.flatnonzero(start >= thresholds.start)
    ends = np.flatnonzero(end >= thresholds.end)
    nearest = np.searchsorted(ends, starts)
    return [
        (int(first), int(ends[k]) + 1, sqrt(float(start[first]) * float(end[ends[k]])))
        for first, k in zip(starts, nearest, strict=True)
        if k < len(ends)
    ]


REJECTED = 0.01
"""A start and its nearest end are no span in nested decoding if their match is less probable (chosen on CMeEE's dev)."""


def nested_spans(ends: np.ndarray, matches: np.ndarray, thresholds: Thresholds) -> list[tuple[int, int, float]]:
    """Spans of one type, which may overlap: those of flat decoding unless `REJECTED`, and all pairs whose start, end and match
    are probable enough.

    Args:
        ends: probabilities of starts and ends, (L, 2).
        matches: probabilities of (first, last), (L, L).
        thresholds: smallest probabilities that count.

    Returns:
        (start, end, score), by start and end; the score is the geometric mean of the three probabilities.
    """
    nearest = [
        (0, *span)
        for span in candidate_spans(ends[:, 0], ends[:, 1], thresholds)
        if matches[span[0], span[1] - 1] >= REJECTED
    ]
    chosen = {(first, end - 1) for _, first, end, _ in _without_overlaps(nearest, len(ends))}
    starts = np.flatnonzero(ends[:, 0] >= thresholds.start)
    lasts = np.flatnonzero(ends[:, 1] >= thresholds.end)
    rows, columns = np.nonzero(matches[np.ix_(starts, lasts)] >= thresholds.match)
    chosen |= {
        (int(first), int(last)) for first, last in zip(starts[rows], lasts[columns], strict=True) if first <= last
    }
    return [
        (first, last + 1, float((ends[first, 0] * ends[last, 1] * matches[first, last]) ** (1.0 / 3.0)))
        for first, last in sorted(chosen)
    ]


def _without_overlaps(
    candidates: Iterable[tuple[int, int, int, float]], length: int, across_types: bool = True
) -> list[tuple[int, int, int, float]]:
    """Candidates (type index, start, end, score) that overlap none taken before: by score, then the longer, then the earlier,
    then the lower type index; see `decode_flat`.
    """
    taken: defaultdict[int, np.ndarray] = defaultdict(lambda: np.zeros(length, bool))
    chosen = []
    for type_index, first, last, score in sorted(candidates, key=lambda c: (-c[3], c[1] - c[2], c[1], c[0])):
        row = taken[0 if across_types else type_index]
        if not row[first:last].any():
            row[first:last] = True
            chosen.append((type_index, first, last, score))
    return chosen


def decode_flat(
    start: np.ndarray, end: np.ndarray, thresholds: Thresholds = Thresholds(), across_types: bool = True
) -> list[tuple[int, int, int, float]]:
    """Spans of all types without overlaps.

    Args:
        start: probabilities, shape (T, L).
        end: the same.
        thresholds: smallest probabilities that count.
        across_types: no overlap between types either.

    Returns:
        (type index, start, end, score), sorted by start; of two candidates that overlap the one with the higher score,
        then the longer, then the earlier, then the lower type index.

    Raises:
        ValueError: the shapes differ, or a value is not a probability.
    """
    if start.shape != end.shape or start.ndim != 2:
        raise ValueError(f"start and end have one shape (T, L). Received: {start.shape}, {end.shape}")
    for values in (start, end):
        if values.size and not (values.min() >= 0.0 and values.max() <= 1.0):
            raise ValueError("start and end hold probabilities between 0 and 1")
    types, length = start.shape
    candidates = [
        (type_index, *span)
        for type_index in range(types)
        for span in candidate_spans(start[type_index], end[type_index], thresholds)
    ]
    chosen = _without_overlaps(candidates, length, across_types)
    return sorted(chosen, key=lambda item: (item[1], item[2], item[0]))
