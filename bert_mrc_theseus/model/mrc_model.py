"""The MRC-NER model: `[CLS] query [SEP] context [SEP]` -> start and end logits per token.

Token types, positions and masks follow from the lengths in a batch and from the model's `SharedContext`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import keras

from bert_mrc_theseus.model.encoder import Embeddings, EncoderLayer
from bert_mrc_theseus.model.heads import MatchHead, SpanHeads
from bert_mrc_theseus.model.late_fusion import LateFusion
from bert_mrc_theseus.model.shared_context import shared_states
from bert_mrc_theseus.model.token_layout import TokenLayout, token_layout
from bert_mrc_theseus.model.variables import head_variables, layer_variables
from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.mrc.batch_types import Batch, Draws, PairBatch, SharedBatch, Tensor, pairs_of


class ModelOutput(NamedTuple):
    """What a model gives.

    Attributes:
        embedded: output of the embeddings (B, L, H).
        states: hidden states (B, L, H) after each layer, or in `TheseusModel` after each module.
        head_input: what the heads read (B, L, H): the last states, or what `LateFusion` makes of them.
        logits: float32 (B, L, 2), start then end.
    """

    embedded: Tensor
    states: list[Tensor]
    head_input: Tensor
    logits: Tensor


LayerStep = Callable[[Tensor, Tensor | None], Tensor]
"""From hidden states (B, L, H) to those above; with an attention bias if another than the layer's own is to be used."""


def run_layers(
    batch: Batch,
    embeddings: Embeddings,
    steps: Sequence[LayerStep],
    shared: int,
    layout: TokenLayout,
    position: int,
    seed,
) -> list[Tensor]:
    """The forward pass over layers or modules, the same for every model.

    Args:
        batch: of a `SharedBatch`, shared layers run once a query and once a context. The result is the same but for dropout,
            whose masks are then the same in all pairs of a text.
        embeddings: of the model.
        steps: one a layer or module.
        shared: how many of the lower steps read query and context apart.
        layout: of the batch's pairs.
        position: see `SharedContext`.
        seed: of dropout, or None.

    Returns:
        Output of the embeddings and of each step: tensors (B, L, H).
    """
    if isinstance(batch, SharedBatch):
        states = shared_states(batch, embeddings, steps[:shared], position, seed)
    else:
        states = [embeddings(batch.tokens, layout.token_types, layout.positions, seed)]
    for step in steps[len(states) - 1 :]:
        states.append(step(states[-1], None))
    return states


def model_output(states: list[Tensor], batch: PairBatch, fusion: LateFusion | None, heads: SpanHeads) -> ModelOutput:
    """What a model gives, from the output of its embeddings and of each layer or module."""
    head_input = states[-1] if fusion is None else fusion(states[-1], batch)
    return ModelOutput(states[0], states[1:], head_input, heads(head_input))


def late_fusion(config: ModelConfig, seed: int | None = None) -> LateFusion | None:
    """Where query and context meet in a model that shares all layers; None: in its layers."""
    if not config.shares_all:
        return None
    return LateFusion(config.encoder.hidden_size, config.encoder.layer_norm_eps, seed, name="fusion")


class MRCModel(keras.Model):
    """Embeddings, encoder layers and heads: a predecessor or a successor alone.

    Args:
        config: shape of the model.
        prior: see `SpanHeads`.
        dropout_rate: of hidden states and attention, in training.
        seed: of the heads' first weights.

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
        self.embeddings = Embeddings(encoder, dropout_rate, name="embeddings")
        self.encoder_layers = [
            EncoderLayer(encoder, i, dropout_rate, name=f"layer_{i}") for i in range(encoder.num_layers)
        ]
        self.heads = SpanHeads(encoder.hidden_size, prior, seed, name="heads")
        self.match_head = (
            None if config.match is None else MatchHead(encoder.hidden_size, config.match, seed, name="match_head")
        )
        self.fusion = late_fusion(config, seed)
        self.built = True

    def forward(self, batch: Batch, draws: Draws | None = None) -> ModelOutput:
        """States after each layer, and logits; with `draws` in training mode, that is, with dropout."""
        seed = None if draws is None else draws.seed
        shared = self.config.shared
        layout = token_layout(pairs_of(batch), shared.position)

        def step(number, hidden, bias):
            if bias is None:
                bias = layout.shared_bias if number < shared.layers else layout.full_bias
            return self.encoder_layers[number](hidden, bias, seed)

        steps = [partial(step, number) for number in range(len(self.encoder_layers))]
        states = run_layers(batch, self.embeddings, steps, shared.layers, layout, shared.position, seed)
        return model_output(states, pairs_of(batch), self.fusion, self.heads)

    def call(self, batch: Batch):
        """Logits of shape (B, L, 2)."""
        return self.forward(batch).logits

    def named_weights(self) -> dict:
        """All variables by name: those of `EncoderWeights`, and the heads'."""
        return {**self.embeddings.named_weights(), **layer_variables(self.encoder_layers), **head_variables(self)}
