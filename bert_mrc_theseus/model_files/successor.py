"""Where a successor's layers come from: the predecessor's layers in modules, and what each successor layer starts as."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

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
