"""What a model and its training are given: bundles of arrays with names and types, declared once.

From the declarations at the end come the signature of compiled TensorFlow functions (`model.tensorflow_backend`) and the
padding on JAX (`model.jax_backend`). A further input of each token is a further field of `Tokens`, with its declaration in
`TOKENS`: the tokenizer makes it, the embeddings read it, and everything between hands it on.

B examples, L tokens, T queries, N windows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Tensor = Any
"""A NumPy array, or a tensor of the Keras backend."""


class Tokens(NamedTuple):
    """What the encoder reads of tokens; the axes of tokens come first in every field.

    Attributes:
        ids: int32, rows of the vocabulary.
    """

    ids: Tensor


class TokenRows(NamedTuple):
    """Texts, or queries, one a row.

    Attributes:
        tokens: (N, L), filled up with padding.
        lengths: int32 (N,), tokens but the padding.
    """

    tokens: Tokens
    lengths: Tensor


class PairBatch(NamedTuple):
    """Examples `[CLS] query [SEP] context [SEP]`, one pair of window and type a row.

    Attributes:
        tokens: (B, L), filled up with padding.
        query_lengths: int32 (B,), tokens up to and including the first [SEP].
        lengths: int32 (B,), all tokens but the padding.
    """

    tokens: Tokens
    query_lengths: Tensor
    lengths: Tensor


class SharedBatch(NamedTuple):
    """Examples, and the queries and contexts that they are made of, each once, so that shared layers run once for them.

    Attributes:
        pairs: the examples.
        queries: the T queries, `[CLS] query [SEP]`.
        contexts: the N contexts, `context [SEP]`.
        members: int32 (B, 2), the row of each pair's query and of its context.
    """

    pairs: PairBatch
    queries: TokenRows
    contexts: TokenRows
    members: Tensor


Batch = PairBatch | SharedBatch


class Targets(NamedTuple):
    """What a training step should find.

    Attributes:
        labels: float32 (B, L, 2), 1 where a token is the first (0) or the last (1) of an entity of the pair's type.
        weights: float32 (B,), of each pair's loss.
        match_labels: float32 (B, L, L), 1 at (first token, last token) of an entity; None: no match head learns.
    """

    labels: Tensor
    weights: Tensor
    match_labels: Tensor | None = None


class Draws(NamedTuple):
    """What is drawn for a training step.

    Attributes:
        seed: int32 scalar, of the dropout.
        replace: bool (S,), whether each module's successor layer runs instead of the module; None outside of stage 1.
    """

    seed: Tensor
    replace: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """Declaration of an array.

    Attributes:
        dtype: its type.
        axes: `ROWS` or `LENGTH` (which may be padded), another name for a size that is not known beforehand, or a number.
    """

    dtype: str
    axes: tuple[str | int, ...]


ROWS, LENGTH = "rows", "length"

TOKENS = Tokens(Array("int32", (ROWS, LENGTH)))
TOKEN_ROWS = TokenRows(TOKENS, Array("int32", (ROWS,)))
PAIR_BATCH = PairBatch(TOKENS, Array("int32", (ROWS,)), Array("int32", (ROWS,)))
SHARED_BATCH = SharedBatch(PAIR_BATCH, TOKEN_ROWS, TOKEN_ROWS, Array("int32", (ROWS, 2)))
TARGETS = Targets(
    Array("float32", (ROWS, LENGTH, 2)), Array("float32", (ROWS,)), Array("float32", (ROWS, LENGTH, LENGTH))
)
DRAWS = Draws(Array("int32", ()), Array("bool", ("modules",)))


def joined(*parts: Tokens) -> Tokens:
    """Tokens one after the other, as arrays of NumPy."""
    return Tokens(*(np.concatenate(field) for field in zip(*parts, strict=True)))


def pairs_of(batch: Batch) -> PairBatch:
    """The examples of either kind of batch."""
    return batch.pairs if isinstance(batch, SharedBatch) else batch


def leaves(bundle: Any) -> Iterator[Any]:
    """The arrays (or declarations) of a bundle, in order, without those that are None."""
    if isinstance(bundle, tuple):
        for part in bundle:
            yield from leaves(part)
    elif bundle is not None:
        yield bundle


def with_leaves(bundle: Any, values: Iterator[Any]) -> Any:
    """A bundle of the same form with other arrays, taken from `values` in order."""
    if isinstance(bundle, tuple):
        return like(bundle, (with_leaves(part, values) for part in bundle))
    return None if bundle is None else next(values)


def like(bundle: tuple, parts: Iterable[Any]) -> Any:
    """A tuple of the same type with other parts."""
    return bundle._make(parts) if hasattr(bundle, "_make") else tuple(parts)
