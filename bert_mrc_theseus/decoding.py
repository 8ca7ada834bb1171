"""From start and end probabilities to spans: total, pure functions.

A candidate is a start with the nearest end at or after it. Its score is the geometric mean of the two probabilities. Flat
decoding takes candidates greedily by score and drops those that overlap one taken before. Nested decoding takes every pair
that the match head accepts.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Smallest probabilities of a start, of an end and of their match. Tuned on dev and saved with the model."""

    start: float = 0.5
    end: float = 0.5
    match: float = 0.5

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


def matched_spans(ends: np.ndarray, matches: np.ndarray, thresholds: Thresholds) -> list[tuple[int, int, float]]:
    """Spans of one type whose start, end and match are probable enough; they may overlap (nested decoding).

    Args:
        ends: probabilities of starts and ends, (L, 2).
        matches: probabilities of (first, last), (L, L).
        thresholds: smallest probabilities that count.

    Returns:
        (start, end, score), by start and end; the score is the geometric mean of the three probabilities.
    """
    starts = np.flatnonzero(ends[:, 0] >= thresholds.start)
    lasts = np.flatnonzero(ends[:, 1] >= thresholds.end)
    found = matches[np.ix_(starts, lasts)]
    return [
        (int(first), int(last) + 1, float((ends[first, 0] * ends[last, 1] * matches[first, last]) ** (1.0 / 3.0)))
        for first, last in zip(
            *(
                places[index]
                for places, index in zip((starts, lasts), np.nonzero(found >= thresholds.match), strict=True)
            ),
            strict=True,
        )
        if first <= last
    ]


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
        (-score, first - last, first, kind, last)
        for kind in range(types)
        for first, last, score in candidate_spans(start[kind], end[kind], thresholds)
    ]
    taken = np.zeros((1 if across_types else types, length), bool)
    found = []
    for negative, _, first, kind, last in sorted(candidates):
        row = taken[0 if across_types else kind]
        if not row[first:last].any():
            row[first:last] = True
            found.append((kind, first, last, -negative))
    return sorted(found, key=lambda item: (item[1], item[2], item[0]))
