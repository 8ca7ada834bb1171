"""What follows from the lengths of a batch's examples: token types, positions, attention masks."""

from typing import NamedTuple

from keras import ops

from bert_mrc_theseus.model.encoder import MASKED, padding_mask
from bert_mrc_theseus.mrc.batch_types import Batch, PairBatch, Tensor, TextBatch, pairs_of


class TokenLayout(NamedTuple):
    """Types, positions and attention biases of the tokens of some pairs."""

    token_types: Tensor  # (B, L) int32, 0 query and 1 context
    positions: Tensor  # (B, L) int32
    full_bias: Tensor  # (B, 1, 1, L) float32, every token attends to every token
    shared_bias: Tensor  # (B, 1, L, L) float32, context attends to context only and query to query only


def token_layout(batch: PairBatch, context_position: int) -> TokenLayout:
    """Derives token types, positions and masks; `context_position`: see `SharedContext`."""
    numbers, query_lengths, lengths = _numbered(batch)
    valid = ops.less(numbers, lengths)
    context = ops.logical_and(ops.greater_equal(numbers, query_lengths), valid)
    # Padding gets position 0: counted on, it would leave the table in a batch with a longer query.
    positions = ops.where(context, numbers - query_lengths + context_position, ops.where(valid, numbers, 0))
    same = ops.equal(ops.expand_dims(context, 1), ops.expand_dims(context, 2))
    seen = ops.logical_and(same, ops.expand_dims(valid, 1))  # (B, L, L)
    return TokenLayout(
        ops.cast(context, "int32"),
        positions,
        ops.where(ops.expand_dims(ops.expand_dims(valid, 1), 1), 0.0, MASKED),
        ops.where(ops.expand_dims(seen, 1), 0.0, MASKED),
    )


def context_mask(batch: Batch):
    """float32 (B, L): 1 on context tokens, 0 on query, special and padding tokens."""
    if isinstance(batch, TextBatch):
        length = ops.shape(batch.contexts.tokens.ids)[1]
        inside = padding_mask(length, batch.contexts.lengths - 1) * ops.cast(ops.arange(length) > 0, "float32")
        # Rows that only fill up a batch are no pairs of any context.
        pairs = ops.cast(ops.greater_equal(batch.members[:, 1:], 0), "float32")
        return ops.take(inside, batch.members[:, 1], axis=0) * pairs
    numbers, query_lengths, lengths = _numbered(pairs_of(batch))
    return ops.cast(
        ops.logical_and(ops.greater_equal(numbers, query_lengths), ops.less(numbers, lengths - 1)), "float32"
    )


def state_mask(batch: Batch):
    """float32 (B, L), or as `ModelOutput.states` has it: 1 where a state is one of a token, 0 on padding."""
    if isinstance(batch, TextBatch):
        return padding_mask(ops.shape(batch.contexts.tokens.ids)[1], batch.contexts.lengths)
    pairs = pairs_of(batch)
    return padding_mask(ops.shape(pairs.tokens.ids)[1], pairs.lengths)


def _numbered(batch: PairBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Number of each token in its example (B, L), and the lengths as (B, 1)."""
    shape = ops.shape(batch.tokens.ids)
    numbers = ops.broadcast_to(ops.expand_dims(ops.arange(shape[1], dtype="int32"), 0), shape)
    return numbers, ops.expand_dims(batch.query_lengths, 1), ops.expand_dims(batch.lengths, 1)
