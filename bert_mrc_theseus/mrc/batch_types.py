"""What a model and its training are given: bundles of arrays with names and types, declared once.

From the declarations at the end come the signature of compiled TensorFlow functions (`model.tensorflow_backend`) and the
padding on JAX (`model.padded_batches`). A further input of each token is a further field of `Tokens`, with its
declaration: the tokenizer makes it, the network reads it, and everything between hands it on.

A model that shares all its layers reads texts and queries apart, in a `TextBatch`; others read pairs of the two.

B examples, L tokens, T queries, N windows, S sources of a lexicon.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Tensor = Any
"""A NumPy array, or a tensor of the Keras backend."""


class Tokens(NamedTuple):
    """What the network reads of tokens, which are characters; the axes of tokens come first in every field.

    Attributes:
        ids: int32 (..., L), rows of the vocabulary.
        pieces: int32 (..., L), row of the piece of several characters that covers the token, -1 where there is none; None, like
            all that follow: the model has no words.
        places: int32 (..., L), the token's place in its piece and the piece's length, see `tokenizer.place`.
        lexicon: int32 (..., L, S), see `lexicon.features_of`.
    """

    ids: Tensor
    pieces: Tensor = None
    places: Tensor = None
    lexicon: Tensor = None


class TokenRows(NamedTuple):
    """Texts, or queries, one a row.

    Attributes:
        tokens: (N, L), filled up with padding.
        lengths: int32 (N,), tokens but the padding.
    """

    tokens: Tokens
    lengths: Tensor


class TextBatch(NamedTuple):
    """Examples as the texts and queries that they are made of, each once: what a model reads that shares all its layers.

    Attributes:
        queries: the T queries, `[CLS] query [SEP]`.
        contexts: the N contexts, `[CLS] context [SEP]`.
        members: int32 (B, 2), the row of each pair's query and of its context; -1 where a row only fills up the batch.
    """

    queries: TokenRows
    contexts: TokenRows
    members: Tensor


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


Batch = PairBatch | SharedBatch | TextBatch


class Targets(NamedTuple):
    """What a training step should find.

    Attributes:
        labels: float32 (B, L, 2), 1 where a token is the first (0) or the last (1) of an entity of the pair's type; tokens are
            those of the pairs, or in a `TextBatch` those of the contexts.
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
        padding: what it is padded with.
    """

    dtype: str
    axes: tuple[str | int, ...]
    padding: int = 0


ROWS, LENGTH = "rows", "length"

_IDS, _COUNTS = Array("int32", (ROWS, LENGTH)), Array("int32", (ROWS,))
TOKENS = Tokens(_IDS)
TOKEN_ROWS = TokenRows(TOKENS, Array("int32", (ROWS,)))
PAIR_BATCH = PairBatch(TOKENS, Array("int32", (ROWS,)), Array("int32", (ROWS,)))
SHARED_BATCH = SharedBatch(PAIR_BATCH, TOKEN_ROWS, TOKEN_ROWS, Array("int32", (ROWS, 2)))
TARGETS = Targets(
    Array("float32", (ROWS, LENGTH, 2)), Array("float32", (ROWS,)), Array("float32", (ROWS, LENGTH, LENGTH))
)
DRAWS = Draws(Array("int32", ()), Array("bool", ("modules",)))


def text_batch_form(words: bool) -> TextBatch:
    """Declaration of a `TextBatch`, for a model with or without words."""
    tokens = Tokens(_IDS, _IDS, _IDS, Array("int32", (ROWS, LENGTH, "sources"))) if words else TOKENS
    rows = TokenRows(tokens, _COUNTS)
    return TextBatch(rows, rows, Array("int32", (ROWS, 2), padding=-1))


def form_of(batch: Batch) -> Batch:
    """Declaration of a batch; that of a `TextBatch` has what words need, too."""
    if isinstance(batch, TextBatch):
        return text_batch_form(words=True)
    return SHARED_BATCH if isinstance(batch, SharedBatch) else PAIR_BATCH


def joined(*parts: Tokens) -> Tokens:
    """Tokens one after the other, as arrays of NumPy."""
    return Tokens(*(None if field[0] is None else np.concatenate(field) for field in zip(*parts, strict=True)))


def pairs_of(batch: PairBatch | SharedBatch) -> PairBatch:
    """The examples of either kind of batch in which query and context are read together."""
    return batch.pairs if isinstance(batch, SharedBatch) else batch


def size_of(batch: Batch) -> tuple[int, int]:
    """Pairs of a batch, and tokens of the longest, as the model's answer has them."""
    if isinstance(batch, TextBatch):
        return len(batch.members), batch.contexts.tokens.ids.shape[1]
    rows, length = pairs_of(batch).tokens.ids.shape
    return rows, length


def token_count(batch: Batch) -> int:
    """Tokens that a batch holds, padding left out: of pairs, or in a `TextBatch` of contexts."""
    return int((batch.contexts if isinstance(batch, TextBatch) else pairs_of(batch)).lengths.sum())


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


def mapped(function: Callable[[Any, Array], Any], bundle: Any, declared: Any) -> Any:
    """A bundle with what a function makes of each array and its declaration, which may have more than the bundle."""
    arrays = leaves(_present(declared, bundle))
    return with_leaves(bundle, (function(value, array) for value, array in zip(leaves(bundle), arrays, strict=True)))


def _present(declared: Any, bundle: Any) -> Any:
    """The declaration without what is None in the bundle."""
    if bundle is None:
        return None
    if isinstance(bundle, tuple):
        return like(bundle, (_present(d, b) for d, b in zip(declared, bundle, strict=True)))
    return declared


def like(bundle: tuple, parts: Iterable[Any]) -> Any:
    """A tuple of the same type with other parts."""
    return bundle._make(parts) if hasattr(bundle, "_make") else tuple(parts)
