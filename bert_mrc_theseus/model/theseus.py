"""BERT-of-Theseus (Xu et al., EMNLP 2020): a predecessor whose modules are replaced by a successor's layers.

The predecessor's P layers form S modules, groups as even as possible, one successor layer each. In a training step each
module draws whether the successor layer or the module runs, and only the chosen one is computed. Predecessor, embeddings
and heads are frozen: their weights are the same, bit by bit, before and after.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import keras
import numpy as np
from keras import ops

from bert_mrc_theseus.model.encoder import EncoderLayer
from bert_mrc_theseus.model.mrc_model import (
    Layout,
    MRCModel,
    check_sharing,
    export_tensors,
    head_weights,
    layout,
    load_tensors,
    named_layer_weights,
    states_apart,
)
from bert_mrc_theseus.model_files.encoder_weights import LAYER_TENSORS, layer_tensor

INITIALISATIONS = ("first", "spaced", "mean")


def group_layers(layers: int, modules: int) -> list[range]:
    """Cuts `layers` predecessor layers into `modules` consecutive groups whose sizes differ by one at most.

    Raises:
        ValueError: not 1 <= modules <= layers.
    """
    if not 1 <= modules <= layers:
        raise ValueError(f"{layers} layers cannot be cut into {modules} modules")
    edges = [i * layers // modules for i in range(modules + 1)]
    return [range(a, b) for a, b in pairwise(edges)]


def initial_successor(tensors: dict[str, np.ndarray], layers: int, modules: int, how: str) -> dict[str, np.ndarray]:
    """Tensors of the successor's layers before stage 1, under the names of a `modules`-layer encoder.

    Args:
        tensors: the predecessor's, see `EncoderWeights`.
        layers: P.
        modules: S.
        how: "first" takes the predecessor's first S layers (Xu et al.), "spaced" the last layer of each module, "mean" the
            mean of each module's layers.

    Raises:
        ValueError: unknown `how`.
    """
    groups = group_layers(layers, modules)
    sources: Sequence[Sequence[int]]
    if how == "first":
        sources = [[i] for i in range(modules)]
    elif how == "spaced":
        sources = [[group[-1]] for group in groups]
    elif how == "mean":
        sources = groups
    else:
        raise ValueError(f"successor layers start from one of {', '.join(INITIALISATIONS)}. Received: {how!r}")
    return {
        layer_tensor(i, name): np.stack([tensors[layer_tensor(j, name)] for j in source]).mean(axis=0)
        for i, source in enumerate(sources)
        for name in LAYER_TENSORS
    }


class TheseusModel(keras.Model):
    """Stage 1: frozen predecessor, trainable successor layers, frozen embeddings and heads.

    A batch holds, beside what `MRCModel` needs, `replace`: bool (S,), True where the successor's layer runs. The replace
    rate and the draws are the trainer's business (`schedules`).

    Args:
        predecessor: the fine-tuned predecessor. Its layers become this model's and are frozen.
        modules: S.
        initialisation: see `initial_successor`.
        shared: K, how many of the successor's lower layers are shared (see `Sharing`). The predecessor keeps its own sharing.

    Raises:
        ModelError: not 0 <= shared < modules.
    """

    def __init__(self, predecessor: MRCModel, modules: int, initialisation: str = "first", shared: int = 0, **kwargs):
        super().__init__(**kwargs)
        config = predecessor.config
        self.sharing = replace(predecessor.sharing, modules=shared)
        check_sharing(self.sharing, modules)
        self.successor_config = replace(config, num_layers=modules)
        self.groups = group_layers(config.num_layers, modules)
        self.predecessor_shared = predecessor.sharing.modules
        # Modules that read query and context apart, whichever of the two runs.
        self.apart = min(shared, sum(group.stop <= self.predecessor_shared for group in self.groups))
        self.embeddings = predecessor.embeddings
        self.predecessor_layers = predecessor.encoder_layers
        self.heads, self.match_head = predecessor.heads, predecessor.match_head
        self.successor_layers = [
            EncoderLayer(config, site=config.num_layers + i, name=f"suc_layer_{i}") for i in range(modules)
        ]
        tensors = export_tensors(named_layer_weights(self.predecessor_layers))
        start = initial_successor(tensors, config.num_layers, modules, initialisation)
        load_tensors(named_layer_weights(self.successor_layers), start)
        frozen: keras.layers.Layer
        heads = [self.heads] if self.match_head is None else [self.heads, self.match_head]
        for frozen in (self.embeddings, *heads, *self.predecessor_layers):
            frozen.trainable = False
        self.built = True

    def borders(self, batch: dict, training: bool = False) -> tuple[list, object]:
        """Hidden states (B, L, H) after each module, and logits."""
        seed = batch["seed"] if training else None
        spot = layout(batch, self.sharing.context_position)

        def step(module, hidden, bias=None):
            """One module or its successor layer, with the bias of each unless one is given."""

            def successor():
                return self.successor_layers[module](hidden, self._bias(spot, module) if bias is None else bias, seed)

            def predecessor():
                above = hidden
                for i in self.groups[module]:
                    own = spot.shared_bias if i < self.predecessor_shared else spot.full_bias
                    above = self.predecessor_layers[i](above, own if bias is None else bias, seed)
                return above

            return ops.cond(batch["replace"][module], successor, predecessor)

        if "rows" in batch:
            steps = [partial(step, module) for module in range(self.apart)]
            states = states_apart(batch, self.embeddings, steps, self.sharing.context_position, seed)
        else:
            states = [self.embeddings(batch["token_ids"], spot.token_types, spot.positions, seed)]
        for module in range(len(states) - 1, len(self.groups)):
            states.append(step(module, states[-1]))
        return states[1:], self.heads(states[-1])

    def call(self, batch: dict, training: bool = False):
        """Logits of shape (B, L, 2)."""
        return self.borders(batch, training)[1]

    def successor(self, batch: dict):
        """Last hidden states (B, L, H) and logits of the successor alone, in inference mode."""
        spot = layout(batch, self.sharing.context_position)
        hidden = self.embeddings(batch["token_ids"], spot.token_types, spot.positions)
        for module, layer in enumerate(self.successor_layers):
            hidden = layer(hidden, self._bias(spot, module))
        return hidden, self.heads(hidden)

    def _bias(self, spot: Layout, module: int):
        return spot.shared_bias if module < self.sharing.modules else spot.full_bias

    def successor_weights(self) -> dict:
        """Variables of the successor alone, named as those of an `MRCModel` of S layers."""
        return {
            **self.embeddings.named_weights(),
            **named_layer_weights(self.successor_layers),
            **head_weights(self),
        }

    def extract_successor(self) -> MRCModel:
        """A plain S-layer model with copies of the successor's weights, everything trainable (stage 2)."""
        match = None if self.match_head is None else self.match_head.shape
        model = MRCModel(self.successor_config, self.sharing, match=match)
        load_tensors(model.named_weights(), export_tensors(self.successor_weights()))
        return model
