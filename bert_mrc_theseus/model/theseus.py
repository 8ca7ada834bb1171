"""BERT-of-Theseus (Xu et al., EMNLP 2020): a predecessor whose modules are replaced by a successor's layers.

The predecessor's P layers form S modules, groups as even as possible, one successor layer each. In a training step each
module draws whether the successor layer or the module runs, and only the chosen one is computed. Predecessor, embeddings
and all that lies above the layers are frozen: their weights are the same, bit by bit, before and after.
"""

from dataclasses import replace
from functools import partial

import keras
from keras import ops

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.encoder import EncoderLayer
from bert_mrc_theseus.model.mrc_model import ModelOutput, MRCModel, Parts, bias_of, layout_of, run_layers
from bert_mrc_theseus.model.variables import head_variables, layer_variables, load_tensors, tensors_of
from bert_mrc_theseus.model_files.successor import group_layers, initial_successor
from bert_mrc_theseus.mrc.batch_types import Batch, Draws, Tensor


class TheseusModel(keras.Model):
    """Stage 1: frozen predecessor, trainable successor layers, frozen embeddings and heads.

    The replace rate and the draws are the trainer's business (`training.schedules`).

    Args:
        predecessor: the fine-tuned predecessor. Its layers become this model's and are frozen.
        modules: S.
        initialisation: see `initial_successor`.
        shared_layers: K of the successor (see `SharedContext`). The predecessor keeps its own.

    Raises:
        ModelError: not 0 <= shared_layers <= modules, or only one of predecessor and successor shares all layers.
        ValueError: the predecessor has fewer layers than modules.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> predecessor = bmt.model.keras_model(bmt.model_files.load_model("run/stage0/best"))
        >>> bmt.model.TheseusModel(predecessor, modules=2).groups
        [range(0, 2), range(2, 4)]
    """

    def __init__(
        self, predecessor: MRCModel, modules: int, initialisation: str = "first", shared_layers: int = 0, **kwargs
    ):
        super().__init__(**kwargs)
        whole = predecessor.config
        self.groups = group_layers(whole.encoder.num_layers, modules)
        if (shared_layers == modules) != whole.shares_all:
            raise ModelError(
                f"the predecessor shares {whole.shared.layers} of {whole.encoder.num_layers} layers, the successor "
                f"{shared_layers} of {modules}: either both share all or neither does, since the heads are the predecessor's"
            )
        self.config = replace(
            whole,
            encoder=replace(whole.encoder, num_layers=modules),
            shared=replace(whole.shared, layers=shared_layers),
        )
        self.predecessor_shared = whole.shared.layers
        # Modules that read query and context apart, whichever of the two runs.
        self.apart = min(shared_layers, sum(group.stop <= self.predecessor_shared for group in self.groups))
        self.dropout_rate = predecessor.dropout_rate
        self.embeddings = predecessor.embeddings
        self.predecessor_layers = predecessor.encoder_layers
        self.heads, self.match_head = predecessor.heads, predecessor.match_head
        self.top_layers, self.fusion = predecessor.top_layers, predecessor.fusion
        self.successor_layers = [
            EncoderLayer(whole.encoder, whole.encoder.num_layers + i, predecessor.dropout_rate, name=f"suc_layer_{i}")
            for i in range(modules)
        ]
        tensors = tensors_of(layer_variables(self.predecessor_layers))
        start = initial_successor(tensors, whole.encoder.num_layers, modules, initialisation)
        load_tensors(layer_variables(self.successor_layers), start)
        frozen: keras.layers.Layer
        others = [part for part in (self.heads, self.match_head, self.top_layers, self.fusion) if part is not None]
        for frozen in (self.embeddings, *others, *self.predecessor_layers):
            frozen.trainable = False
        self.built = True

    def forward(self, batch: Batch, draws: Draws) -> ModelOutput:
        """States after each module, and logits, in training mode.

        Args:
            batch: examples.
            draws: its `replace` says of each module whether the successor's layer runs.
        """
        shared, layout = self.config.shared, layout_of(batch, self.config)
        replaced: Tensor = draws.replace

        def step(module, hidden, bias):
            def successor():
                return self.successor_layers[module](hidden, bias_of(layout, module, shared.layers, bias), draws.seed)

            def predecessor():
                above = hidden
                for i in self.groups[module]:
                    above = self.predecessor_layers[i](
                        above, bias_of(layout, i, self.predecessor_shared, bias), draws.seed
                    )
                return above

            return ops.cond(replaced[module], successor, predecessor)

        steps = [partial(step, module) for module in range(len(self.groups))]
        return run_layers(batch, self._parts, steps, self.apart, layout, shared.position, draws.seed)

    def successor(self, batch: Batch) -> ModelOutput:
        """States after each layer, and logits, of the successor alone, in inference mode."""
        shared, layout = self.config.shared, layout_of(batch, self.config)

        def step(number, hidden, bias):
            return self.successor_layers[number](hidden, bias_of(layout, number, shared.layers, bias))

        steps = [partial(step, number) for number in range(len(self.successor_layers))]
        return run_layers(batch, self._parts, steps, shared.layers, layout, shared.position, None)

    @property
    def _parts(self) -> Parts:
        return Parts(self.embeddings, self.heads, self.top_layers, self.fusion)

    def successor_weights(self) -> dict:
        """Variables of the successor alone, named as those of an `MRCModel` of S layers."""
        return {**self.embeddings.named_weights(), **layer_variables(self.successor_layers), **head_variables(self)}

    def extract_successor(self) -> MRCModel:
        """A plain S-layer model with copies of the successor's weights, everything trainable (stage 2)."""
        model = MRCModel(self.config, dropout_rate=self.dropout_rate)
        load_tensors(model.named_weights(), tensors_of(self.successor_weights()))
        return model
