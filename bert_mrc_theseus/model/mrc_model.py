"""The MRC-NER model: a query and a context -> start and end logits of each of the context's tokens.

Query and context are read together, as `[CLS] query [SEP] context [SEP]`, or, in a model that shares all layers, apart, as
`[CLS] query [SEP]` and `[CLS] context [SEP]`. Token types, positions and masks follow from the lengths in a batch and from the
model's `SharedContext`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import keras
from keras import ops

from bert_mrc_theseus.model.embeddings import Embeddings
from bert_mrc_theseus.model.encoder import EncoderLayer, padding_mask
from bert_mrc_theseus.model.heads import MatchHead, SpanHeads
from bert_mrc_theseus.model.late_fusion import LateFusion
from bert_mrc_theseus.model.read_apart import read_alone
from bert_mrc_theseus.model.shared_context import shared_states
from bert_mrc_theseus.model.token_layout import TokenLayout, token_layout
from bert_mrc_theseus.model.top_layers import TopLayers
from bert_mrc_theseus.model.variables import head_variables, layer_variables
from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.mrc.batch_types import Batch, Draws, SharedBatch, Tensor, TextBatch, pairs_of


class ModelOutput(NamedTuple):
    """What a model gives for B pairs or, in a `TextBatch`, for pairs of N contexts.

    Attributes:
        embedded: output of the embeddings (B, L, H); of a `TextBatch` of the contexts (N, L, H).
        states: the same after each layer, or in `TheseusModel` after each module.
        head_input: what the heads read (B, L, H): the last states, or what `LateFusion` makes of them.
        logits: float32 (B, L, 2), start then end.
    """

    embedded: Tensor
    states: list[Tensor]
    head_input: Tensor
    logits: Tensor


LayerStep = Callable[[Tensor, Tensor | None], Tensor]
"""From hidden states and an attention bias to the hidden states above; None: the layer's own bias on pairs."""


class Parts(NamedTuple):
    """What a model has around its layers or modules; without `top_layers` it reads no words, without `fusion` pairs."""

    embeddings: Embeddings
    heads: SpanHeads
    top_layers: TopLayers | None
    fusion: LateFusion | None


def run_layers(
    batch: Batch,
    parts: Parts,
    steps: Sequence[LayerStep],
    shared: int,
    layout: TokenLayout | None,
    position: int,
    seed,
) -> ModelOutput:
    """The forward pass over layers or modules, the same for every model.

    Args:
        batch: of a `SharedBatch`, shared layers run once a query and once a context. The result is the same but for dropout,
            whose masks are then the same in all pairs of a text.
        parts: of the model.
        steps: one a layer or module.
        shared: how many of the lower steps read query and context apart.
        layout: of the batch's pairs, see `layout_of`.
        position: see `SharedContext`.
        seed: of dropout, or None.
    """
    embeddings, heads, top_layers, fusion = parts
    if isinstance(batch, TextBatch):
        assert fusion is not None
        queries = read_alone(batch.queries, embeddings, steps, top_layers, seed).top
        states, contexts = read_alone(batch.contexts, embeddings, steps, top_layers, seed)
        mask = padding_mask(ops.shape(queries)[1], batch.queries.lengths)
        fused = fusion(queries, mask, contexts, batch.members)
        return ModelOutput(states[0], states[1:], fused, heads(fused))
    if isinstance(batch, SharedBatch):
        states = shared_states(batch, embeddings, steps[:shared], position, seed)
    else:
        assert layout is not None
        states = [embeddings(batch.tokens, layout.token_types, layout.positions, seed)]
    for step in steps[len(states) - 1 :]:
        states.append(step(states[-1], None))
    return ModelOutput(states[0], states[1:], states[-1], heads(states[-1]))


def layout_of(batch: Batch, config: ModelConfig) -> TokenLayout | None:
    """Types, positions and masks of the tokens of pairs; None where query and context are read apart.

    Raises:
        ValueError: the batch is not of the kind that the model reads.
    """
    if isinstance(batch, TextBatch) != config.shares_all:
        raise ValueError(f"a model that shares {config.shared.layers} layers reads no {type(batch).__name__}")
    return None if isinstance(batch, TextBatch) else token_layout(pairs_of(batch), config.shared.position)


def bias_of(layout: TokenLayout | None, number: int, shared: int, given: Tensor | None) -> Tensor:
    """The attention bias of a layer: the one given, or its own on pairs.

    Args:
        layout: see `layout_of`.
        number: of the layer.
        shared: how many of the lower layers are shared.
        given: to a `LayerStep`.
    """
    if given is not None:
        return given
    assert layout is not None
    return layout.shared_bias if number < shared else layout.full_bias


class MRCModel(keras.Model):
    """Embeddings, encoder layers and heads: a predecessor or a successor alone.

    Args:
        config: shape of the model.
        prior: see `SpanHeads`.
        dropout_rate: of hidden states and attention, in training.
        seed: of the first weights of all but the encoder.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> model = bmt.model.keras_model(bmt.model_files.load_model("run/stage2/best"))
        >>> type(model).__name__, len(model.encoder_layers)
        ('MRCModel', 2)
    """

    def __init__(
        self, config: ModelConfig, prior: float = 0.02, dropout_rate: float = 0.0, seed: int | None = None, **kwargs
    ):
        super().__init__(**kwargs)
        encoder = config.encoder
        self.config, self.dropout_rate = config, dropout_rate
        words = config.words
        self.embeddings = Embeddings(encoder, dropout_rate, words, seed, name="embeddings")
        self.encoder_layers = [
            EncoderLayer(encoder, i, dropout_rate, name=f"layer_{i}") for i in range(encoder.num_layers)
        ]
        self.heads = SpanHeads(encoder.hidden_size, prior, seed, name="heads")
        self.match_head = (
            None if config.match is None else MatchHead(encoder.hidden_size, config.match, seed, name="match_head")
        )
        self.top_layers = None if words is None else TopLayers(encoder, words, dropout_rate, seed, name="top")
        self.fusion = (
            LateFusion(encoder.hidden_size, encoder.layer_norm_eps, seed, name="fusion") if config.shares_all else None
        )
        self.built = True

    def forward(self, batch: Batch, draws: Draws | None = None) -> ModelOutput:
        """States after each layer, and logits; with `draws` in training mode, that is, with dropout."""
        seed = None if draws is None else draws.seed
        shared, layout = self.config.shared, layout_of(batch, self.config)

        def step(number, hidden, bias):
            return self.encoder_layers[number](hidden, bias_of(layout, number, shared.layers, bias), seed)

        steps = [partial(step, number) for number in range(len(self.encoder_layers))]
        parts = Parts(self.embeddings, self.heads, self.top_layers, self.fusion)
        return run_layers(batch, parts, steps, shared.layers, layout, shared.position, seed)

    def call(self, batch: Batch):
        """Logits of shape (B, L, 2)."""
        return self.forward(batch).logits

    def named_weights(self) -> dict:
        """All variables by name: those of `EncoderWeights`, and those of the parts above."""
        return {**self.embeddings.named_weights(), **layer_variables(self.encoder_layers), **head_variables(self)}
