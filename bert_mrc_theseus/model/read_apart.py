"""Texts and queries read apart, each once, by all layers: what a model does that shares all of them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from keras import ops

from bert_mrc_theseus.model.embeddings import Embeddings
from bert_mrc_theseus.model.encoder import padding_bias, padding_mask
from bert_mrc_theseus.model.top_layers import TopLayers
from bert_mrc_theseus.mrc.batch_types import Tensor, TokenRows


class Reading(NamedTuple):
    """What is read of N texts.

    Attributes:
        states: output of the embeddings and of each layer or module (N, L, H).
        top: what the heads read (N, L, H): the last of them, or what `TopLayers` make of it.
    """

    states: list[Tensor]
    top: Tensor


def read_alone(
    rows: TokenRows,
    embeddings: Embeddings,
    steps: Sequence[Callable[[Tensor, Tensor], Tensor]],
    top_layers: TopLayers | None,
    seed,
) -> Reading:
    """Reads texts, or queries.

    Args:
        rows: the texts.
        embeddings: of the model.
        steps: one a layer or module, from hidden states and an attention bias to the hidden states above.
        top_layers: None: the model has no words.
        seed: of dropout, or None.
    """
    ids = rows.tokens.ids
    length = ops.shape(ids)[1]
    numbers = ops.expand_dims(ops.arange(length, dtype="int32"), 0)
    # Padding gets position 0: counted on, it could leave the table on a backend that adds padding.
    positions = numbers * ops.cast(padding_mask(length, rows.lengths), "int32")
    states = [embeddings(rows.tokens, ops.zeros_like(ids), positions, seed)]
    bias = padding_bias(length, rows.lengths)
    for step in steps:
        states.append(step(states[-1], bias))
    if top_layers is None:
        return Reading(states, states[-1])
    return Reading(states, top_layers(states[-1], rows, ops.take(embeddings.word, ids, axis=0), seed))
