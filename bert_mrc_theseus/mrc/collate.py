"""Pairs of window and type laid out as the arrays of a batch, and what a model should find in them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bert_mrc_theseus.mrc.batch_types import (
    PairBatch,
    SharedBatch,
    TextBatch,
    TokenRows,
    Tokens,
    joined,
)
from bert_mrc_theseus.mrc.examples import Examples


def collate(examples: Examples, pairs: np.ndarray) -> PairBatch:
    """The model's inputs for some pairs: int array (B, 2) of (window, type)."""
    rows = token_rows(
        [joined(examples.queries[type_index], examples.contexts[window], examples.sep) for window, type_index in pairs],
        examples.pad,
    )
    query_lengths = np.array([len(examples.queries[type_index].ids) for _, type_index in pairs], np.int32)
    return PairBatch(rows.tokens, query_lengths, rows.lengths)


def collate_shared(examples: Examples, pairs: np.ndarray) -> SharedBatch:
    """`collate`, and the queries and contexts that the pairs are made of, each once."""
    windows, window_rows = np.unique(pairs[:, 0], return_inverse=True)
    types, type_rows = np.unique(pairs[:, 1], return_inverse=True)
    return SharedBatch(
        collate(examples, pairs),
        token_rows([examples.queries[type_index] for type_index in types], examples.pad),
        token_rows([joined(examples.contexts[window], examples.sep) for window in windows], examples.pad),
        np.stack([type_rows, window_rows], axis=1).astype(np.int32),
    )


def collate_texts(
    examples: Examples, pairs: np.ndarray, context_of: Callable[[int], Tokens] | None = None
) -> TextBatch:
    """The texts and queries that some pairs are made of, each once.

    Args:
        examples: of the pairs.
        pairs: int array (B, 2) of (window, type).
        context_of: gives the tokens of a window; by default those that it has.
    """
    context_of = context_of or examples.contexts.__getitem__
    windows, window_rows = np.unique(pairs[:, 0], return_inverse=True)
    types, type_rows = np.unique(pairs[:, 1], return_inverse=True)
    return TextBatch(
        token_rows([examples.queries[type_index] for type_index in types], examples.pad),
        token_rows([alone(examples, context_of(int(window))) for window in windows], examples.pad),
        np.stack([type_rows, window_rows], axis=1).astype(np.int32),
    )


def alone(examples: Examples, context: Tokens) -> Tokens:
    """A window's tokens as they are read without a query: `[CLS] context [SEP]`."""
    return joined(examples.cls, context, examples.sep)


def span_labels(examples: Examples, pairs: np.ndarray) -> np.ndarray:
    """`Targets.labels` of some pairs; an end that lies outside the window is not labelled.

    Args:
        examples: of the pairs.
        pairs: int array (B, 2) of (window, type).
    """
    marked = np.zeros((len(pairs), _longest(examples, pairs), 2), np.float32)
    for row, first, last in _spans(examples, pairs):
        if first is not None:
            marked[row, first, 0] = 1.0
        if last is not None:
            marked[row, last, 1] = 1.0
    return marked


def match_labels(examples: Examples, pairs: np.ndarray) -> np.ndarray:
    """`Targets.match_labels` of some pairs: entities that the window holds whole; arguments as in `span_labels`."""
    length = _longest(examples, pairs)
    marked = np.zeros((len(pairs), length, length), np.float32)
    for row, first, last in _spans(examples, pairs):
        if first is not None and last is not None:
            marked[row, first, last] = 1.0
    return marked


def token_rows(items: Sequence[Tokens], pad: Tokens) -> TokenRows:
    """Tokens of several texts as rows, filled up with copies of the one token `pad`."""
    lengths = np.array([len(item.ids) for item in items], np.int32)
    longest = int(lengths.max())
    fields: list[np.ndarray | None] = []
    for padding, *values in zip(pad, *items, strict=True):
        if padding is None:
            fields.append(None)
            continue
        filled = np.empty((len(items), longest, *padding.shape[1:]), padding.dtype)
        filled[:] = padding[0]
        for row, value in enumerate(values):
            filled[row, : len(value)] = value
        fields.append(filled)
    return TokenRows(Tokens(*fields), lengths)


def _longest(examples: Examples, pairs: np.ndarray) -> int:
    """Tokens of the longest example."""
    return int((examples.context_lengths(pairs[:, 0]) if examples.apart else examples.lengths(pairs)).max())


def _spans(examples: Examples, pairs: np.ndarray) -> Iterator[tuple[int, int | None, int | None]]:
    """(row, first token, last token) of each pair's entities; None where an end lies outside the window."""
    for row, (window, type_index) in enumerate(pairs):
        offset = len(examples.cls.ids if examples.apart else examples.queries[type_index].ids)
        spans = examples.spans[window]
        for _, start, end in spans[spans[:, 0] == type_index]:
            yield row, offset + start if start >= 0 else None, offset + end - 1 if end >= 0 else None
