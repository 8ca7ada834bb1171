"""The MRC-NER model: `[CLS] query [SEP] context [SEP]` -> start and end logits per token.

A batch is a dict of arrays, see `examples.PAIR_RANKS`; token types, positions and masks follow from them and from the model's
`Sharing`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.encoder import MASKED, Embeddings, EncoderLayer, assign_tensor, to_tensor
from bert_mrc_theseus.model.heads import MatchHead, SpanHeads
from bert_mrc_theseus.model_files.encoder_weights import EncoderConfig, EncoderWeights, layer_tensor
from bert_mrc_theseus.mrc.examples import MatchShape, Sharing


class Layout(NamedTuple):
    """What a batch says about its tokens."""

    token_types: object  # (B, L) int32, 0 query and 1 context
    positions: object  # (B, L) int32
    full_bias: object  # (B, 1, 1, L) float32, every token attends to every token
    shared_bias: object  # (B, 1, L, L) float32, context attends to context only and query to query only


def layout(batch: dict, context_position: int) -> Layout:
    """Derives token types, positions and masks from the lengths of a batch; see `Sharing`."""
    places, query_lengths, lengths = _places(batch)
    valid = ops.less(places, lengths)
    context = ops.logical_and(ops.greater_equal(places, query_lengths), valid)
    # Padding gets position 0: counted on, it would leave the table in a batch with a longer query.
    positions = ops.where(context, places - query_lengths + context_position, ops.where(valid, places, 0))
    same = ops.equal(ops.expand_dims(context, 1), ops.expand_dims(context, 2))
    seen = ops.logical_and(same, ops.expand_dims(valid, 1))  # (B, L, L)
    return Layout(
        ops.cast(context, "int32"),
        positions,
        ops.where(ops.expand_dims(ops.expand_dims(valid, 1), 1), 0.0, MASKED),
        ops.where(ops.expand_dims(seen, 1), 0.0, MASKED),
    )


def _tokens_of_pairs(batch: dict):
    """int32 (B, L): place of each pair's token among those of all distinct queries and, after them, all distinct contexts."""
    places, query_lengths, lengths = _places(batch)
    queries, width = ops.shape(batch["distinct_queries"])
    of_query = batch["rows"][:, :1] * width + places
    first = queries * width + batch["rows"][:, 1:] * ops.shape(batch["distinct_contexts"])[1]
    of_context = ops.where(ops.less(places, lengths), first + places - query_lengths, 0)
    return ops.where(ops.less(places, query_lengths), of_query, of_context)


def states_apart(batch: dict, embeddings: Embeddings, steps: Sequence[Callable], context_position: int, seed) -> list:
    """Runs shared layers once a query and once a context.

    Args:
        batch: with `examples.DISTINCT_RANKS`.
        embeddings: of the model.
        steps: from hidden states (N, L, H) and an attention bias to the hidden states above.
        context_position: see `Sharing`.
        seed: of dropout, or None.

    Returns:
        Output of the embeddings and of each step, for the batch's pairs: tensors (B, L, H).
    """

    def run(part: str, token_type: int, first_position: int) -> list:
        token_ids, lengths = batch[f"distinct_{part}"], batch[f"distinct_{part}_lengths"]
        places = ops.broadcast_to(ops.arange(ops.shape(token_ids)[1], dtype="int32"), ops.shape(token_ids))
        valid = ops.less(places, ops.expand_dims(lengths, 1))
        bias = ops.where(ops.expand_dims(ops.expand_dims(valid, 1), 1), 0.0, MASKED)
        positions = ops.where(valid, places + first_position, 0)
        states = [embeddings(token_ids, ops.full_like(token_ids, token_type), positions, seed)]
        for step in steps:
            states.append(step(states[-1], bias))
        return states

    tokens = _tokens_of_pairs(batch)

    def of_pairs(queries, contexts):
        flat = [ops.reshape(part, (-1, ops.shape(part)[-1])) for part in (queries, contexts)]
        return ops.take(ops.concatenate(flat, axis=0), tokens, axis=0)

    return list(map(of_pairs, run("queries", 0, 0), run("contexts", 1, context_position)))


def context_mask(batch: dict):
    """float32 (B, L): 1 on context tokens, 0 on query, special and padding tokens."""
    places, query_lengths, lengths = _places(batch)
    return ops.cast(ops.logical_and(ops.greater_equal(places, query_lengths), ops.less(places, lengths - 1)), "float32")


def valid_mask(batch: dict):
    """float32 (B, L): 1 on all tokens but padding."""
    places, _, lengths = _places(batch)
    return ops.cast(ops.less(places, lengths), "float32")


def _places(batch: dict) -> tuple:
    """Number of each token in its example (B, L), and the lengths as (B, 1)."""
    shape = ops.shape(batch["token_ids"])
    places = ops.broadcast_to(ops.expand_dims(ops.arange(shape[1], dtype="int32"), 0), shape)
    return places, ops.expand_dims(batch["query_lengths"], 1), ops.expand_dims(batch["lengths"], 1)


class MRCModel(keras.Model):
    """Embeddings, encoder layers and heads: a predecessor or a successor alone.

    Args:
        config: shape of the encoder.
        sharing: how query and context are read.
        prior: see `SpanHeads`.
        match: shape of a match head; None: the model has none.

    Raises:
        ModelError: all layers shared: query and context would never meet.
    """

    def __init__(
        self,
        config: EncoderConfig,
        sharing: Sharing = Sharing(),
        prior: float = 0.02,
        match: MatchShape | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_sharing(sharing, config.num_layers)
        self.config, self.sharing = config, sharing
        self.embeddings = Embeddings(config, name="embeddings")
        self.encoder_layers = [EncoderLayer(config, site=i, name=f"layer_{i}") for i in range(config.num_layers)]
        self.heads = SpanHeads(config.hidden_size, prior, name="heads")
        self.match_head = None if match is None else MatchHead(config.hidden_size, match, name="match_head")
        self.built = True

    def hidden_states(self, batch: dict, seed=None) -> list:
        """Output of the embeddings and of each layer, num_layers + 1 tensors of shape (B, L, H).

        If the batch has `examples.DISTINCT_RANKS`, shared layers run once a query and once a context. The result is the same
        but for dropout, whose masks are then the same in all pairs of a text.
        """
        spot = layout(batch, self.sharing.context_position)
        if "rows" in batch:

            def step(layer, hidden, bias):
                return layer(hidden, bias, seed)

            steps = [partial(step, layer) for layer in self.encoder_layers[: self.sharing.modules]]
            states = states_apart(batch, self.embeddings, steps, self.sharing.context_position, seed)
        else:
            states = [self.embeddings(batch["token_ids"], spot.token_types, spot.positions, seed)]
        for i in range(len(states) - 1, len(self.encoder_layers)):
            bias = spot.shared_bias if i < self.sharing.modules else spot.full_bias
            states.append(self.encoder_layers[i](states[-1], bias, seed))
        return states

    def borders(self, batch: dict, training: bool = False) -> tuple[list, object]:
        """Hidden states (B, L, H) after each layer, and logits. In training the batch also holds `seed`, an int32 scalar."""
        states = self.hidden_states(batch, batch["seed"] if training else None)
        return states[1:], self.heads(states[-1])

    def call(self, batch: dict, training: bool = False):
        """Logits of shape (B, L, 2)."""
        return self.borders(batch, training)[1]

    def named_weights(self) -> dict:
        """All variables by name: those of `EncoderWeights`, and the heads'."""
        return {
            **self.embeddings.named_weights(),
            **named_layer_weights(self.encoder_layers),
            **head_weights(self),
        }


def head_weights(model) -> dict:
    """Variables of a model's heads by name."""
    match = model.match_head.named_weights() if model.match_head is not None else {}
    return {**model.heads.named_weights(), **match}


def check_sharing(sharing: Sharing, layers: int) -> None:
    """Raises ModelError unless 0 <= K < layers."""
    if not 0 <= sharing.modules < layers:
        raise ModelError(
            f"of {layers} layers 0 to {layers - 1} can be shared: the last must see query and context together. "
            f"Received: {sharing.modules}"
        )


def named_layer_weights(layers: Iterable[EncoderLayer]) -> dict:
    """Variables of consecutive layers under the names `encoder.layer.{i}. ...`."""
    return {
        layer_tensor(i, name): variable
        for i, layer in enumerate(layers)
        for name, variable in layer.named_weights().items()
    }


def export_tensors(variables: dict) -> dict[str, np.ndarray]:
    """Values of named variables in the orientation of `EncoderWeights`."""
    return {name: to_tensor(name, variable) for name, variable in variables.items()}


def load_tensors(variables: dict, tensors: dict[str, np.ndarray], source: str = "") -> None:
    """Assigns tensors to the variables of the same name.

    Raises:
        ModelError: a tensor is missing or of another shape; nothing has been assigned then.
    """
    for name, variable in variables.items():
        if name not in tensors:
            raise ModelError(f"{source}: tensor {name!r} is missing")
        have, want = tuple(tensors[name].shape), tuple(to_tensor(name, variable).shape)
        if have != want:
            raise ModelError(f"{source}: tensor {name!r} has shape {have}, this model needs {want}")
    for name, variable in variables.items():
        assign_tensor(name, variable, tensors[name])


def predecessor_from(
    weights: EncoderWeights, sharing: Sharing = Sharing(), prior: float = 0.02, match: MatchShape | None = None
) -> MRCModel:
    """A model with the encoder's weights and fresh heads, to be fine-tuned in stage 0."""
    model = MRCModel(weights.config, sharing, prior, match)
    encoder = {name: variable for name, variable in model.named_weights().items() if not name.startswith("heads.")}
    load_tensors(encoder, dict(weights.tensors), weights.source)
    return model
