"""Batches filled up to sizes of which there are few, for a backend that compiles each shape anew (`jax_backend`).

What is added has no tokens and counts for nothing: results for the rest are the same, but for draws of dropout, which depend
on the length. The sizes are a pure function of those of the batch. Two rules give them:

    close_sizes   for processors, where padding costs as much as tokens: little padding, some ten shapes
    few_sizes     for accelerators, which compile a shape for half a minute: much padding, a few shapes
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bert_mrc_theseus.mrc.batch_types import (
    LENGTH,
    ROWS,
    Array,
    Batch,
    PairBatch,
    SharedBatch,
    form_of,
    mapped,
    size_of,
)

LENGTH_STEP = 64
"""For processors lengths are multiples of it, and numbers of rows powers of two."""

LENGTHS = (64, 256, 512)
"""Lengths for accelerators, and multiples of the last."""

SMALLEST = 4096
"""Least tokens, padding included, of a batch for accelerators; beyond it numbers of rows are powers of two.

It gives batches of the default budget of 1,024 one shape for each of `LENGTHS` but the first.
"""

QUERIES, QUERY_LENGTH = 8, 32
"""Least number of queries for accelerators, and their least length; beyond them both are powers of two."""


class Size(NamedTuple):
    """Of an array of tokens.

    Attributes:
        rows: texts, queries or pairs.
        length: tokens of each, padding included.
    """

    rows: int
    length: int


class Sizes(NamedTuple):
    """Of a batch.

    Attributes:
        pairs: the examples and their targets; the length is that of the model's answer.
        contexts, queries: None in a `PairBatch`.
    """

    pairs: Size
    contexts: Size | None = None
    queries: Size | None = None


SizeRule = Callable[[Batch], Sizes]
"""Gives the sizes that a batch is padded to."""


def sizes_of(batch: Batch) -> Sizes:
    """The sizes that a batch has."""
    pairs = Size(*size_of(batch))
    if isinstance(batch, PairBatch):
        return Sizes(pairs)
    contexts, queries = (Size(*rows.tokens.ids.shape) for rows in (batch.contexts, batch.queries))
    return Sizes(pairs, contexts, queries)


def close_sizes(batch: Batch) -> Sizes:
    """Every part by itself: rows to a power of two, the length to a multiple of `LENGTH_STEP`."""

    def close(size: Size | None) -> Any:
        return size and Size(_power(size.rows), _multiple(size.length, LENGTH_STEP))

    return Sizes(*map(close, sizes_of(batch)))


def few_sizes(batch: Batch) -> Sizes:
    """The parts as one: sizes of one part follow from those of another, and small batches are all alike.

    Texts (of a `PairBatch` or `SharedBatch` pairs) are as long as the next of `LENGTHS`, and as many as `SMALLEST` holds of
    these, or twice, four times ... as many. In a `TextBatch` there is then room for a pair of every text and query, and in a
    `SharedBatch` for a context of each pair.
    """
    pairs, contexts, queries = sizes_of(batch)
    if contexts is None or queries is None:
        return Sizes(_filled(pairs))
    asked = Size(_power(max(queries.rows, QUERIES)), _power(max(queries.length, QUERY_LENGTH)))
    if isinstance(batch, SharedBatch):
        both = _filled(Size(*map(max, pairs, contexts)))
        return Sizes(both, both, asked)
    texts = _filled(contexts)
    return Sizes(Size(max(_power(pairs.rows), texts.rows * asked.rows), texts.length), texts, asked)


def shared_out(sizes: Sizes, devices: int) -> Sizes:
    """Sizes with so many more rows that each of some devices gets as many."""

    def divided(size: Size | None) -> Any:
        return size and Size(_multiple(size.rows, devices), size.length)

    return Sizes(*map(divided, sizes))


def padded_batch(batch: Batch, rule: SizeRule, devices: int = 1) -> tuple[Batch, Size]:
    """A batch with padding.

    Args:
        batch: arrays of NumPy.
        rule: gives the sizes.
        devices: each gets as many rows.

    Returns:
        The batch, and the size that `padded` gives its targets.
    """
    sizes = shared_out(rule(batch), devices)
    declared = form_of(batch)
    if isinstance(batch, PairBatch):
        return padded(batch, declared, sizes.pairs), sizes.pairs
    # The fields of other batches bear the names of their sizes; members have a row a pair.
    parts = {
        name: padded(part, getattr(declared, name), getattr(sizes, name, sizes.pairs))
        for name, part in batch._asdict().items()
    }
    return batch._replace(**parts), sizes.pairs


def padded(bundle: Any, declared: Any, size: Size) -> Any:
    """A bundle filled up to a size along the axes that its declaration calls `ROWS` and `LENGTH`.

    Args:
        bundle: arrays of NumPy.
        declared: see `batch_types`.
        size: not smaller than the bundle's.
    """
    wanted: dict[str | int, int] = {ROWS: size.rows, LENGTH: size.length}

    def pad(value: Any, array: Array) -> np.ndarray:
        value = np.asarray(value)
        sizes = zip(array.axes, value.shape, strict=True)
        widths = [(0, wanted.get(axis, present) - present) for axis, present in sizes]
        return np.pad(value, widths, constant_values=array.padding) if widths else value

    return mapped(pad, bundle, declared)


def _filled(size: Size) -> Size:
    length = next((length for length in LENGTHS if length >= size.length), _multiple(size.length, LENGTHS[-1]))
    return Size(max(_power(size.rows), SMALLEST // length), length)


def _power(number: int) -> int:
    """The next power of two that is not smaller."""
    return 1 << (number - 1).bit_length()


def _multiple(number: int, step: int) -> int:
    """The next multiple that is not smaller."""
    return number + -number % step
