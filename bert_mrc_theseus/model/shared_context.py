"""Shared layers run once a query and once a context, and their states laid out for pairs (docs/shared-context.md)."""

from collections.abc import Callable, Iterable

from keras import ops

from bert_mrc_theseus.model.embeddings import Embeddings
from bert_mrc_theseus.model.encoder import MASKED
from bert_mrc_theseus.mrc.batch_types import SharedBatch, Tensor, TokenRows

Step = Callable[[Tensor, Tensor], Tensor]
"""From hidden states (N, L, H) and an attention bias to the hidden states above."""


def shared_states(
    batch: SharedBatch, embeddings: Embeddings, steps: Iterable[Step], context_position: int, seed
) -> list:
    """Runs layers in which query and context do not see each other.

    Args:
        batch: pairs, and their queries and contexts.
        embeddings: of the model.
        steps: one a shared layer (or module).
        context_position: see `SharedContext`.
        seed: of dropout, or None.

    Returns:
        Output of the embeddings and of each step, for the batch's pairs: tensors (B, L, H).
    """
    steps = list(steps)

    def run(rows: TokenRows, token_type: int, first_position: int) -> list:
        ids = rows.tokens.ids
        numbers = ops.broadcast_to(ops.arange(ops.shape(ids)[1], dtype="int32"), ops.shape(ids))
        valid = ops.less(numbers, ops.expand_dims(rows.lengths, 1))
        bias = ops.where(ops.expand_dims(ops.expand_dims(valid, 1), 1), 0.0, MASKED)
        positions = ops.where(valid, numbers + first_position, 0)
        states = [embeddings(rows.tokens, ops.full_like(ids, token_type), positions, seed)]
        for step in steps:
            states.append(step(states[-1], bias))
        return states

    sources = _source_tokens(batch)

    def of_pairs(queries, contexts):
        flat = [ops.reshape(states, (-1, ops.shape(states)[-1])) for states in (queries, contexts)]
        return ops.take(ops.concatenate(flat, axis=0), sources, axis=0)

    return list(map(of_pairs, run(batch.queries, 0, 0), run(batch.contexts, 1, context_position)))


def _source_tokens(batch: SharedBatch):
    """int32 (B, L): number of each pair's token among those of all queries and, after them, all contexts."""
    pairs = batch.pairs
    shape = ops.shape(pairs.tokens.ids)
    numbers = ops.broadcast_to(ops.expand_dims(ops.arange(shape[1], dtype="int32"), 0), shape)
    query_lengths, lengths = ops.expand_dims(pairs.query_lengths, 1), ops.expand_dims(pairs.lengths, 1)
    queries, width = ops.shape(batch.queries.tokens.ids)
    of_query = batch.members[:, :1] * width + numbers
    first = queries * width + batch.members[:, 1:] * ops.shape(batch.contexts.tokens.ids)[1]
    of_context = ops.where(ops.less(numbers, lengths), first + numbers - query_lengths, 0)
    return ops.where(ops.less(numbers, query_lengths), of_query, of_context)
