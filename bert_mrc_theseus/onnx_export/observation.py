"""What enters the products of a model while it reads texts: ranges for int8, energies for pruning."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bert_mrc_theseus.engines.choose import onnx_engine
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.onnx_export.encoder_nodes import OBSERVED, Ranges
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.documents import Document


def spread(documents: Sequence[Document], count: int) -> Sequence[Document]:
    """At most so many of them, spread evenly, since files of several corpora are often joined one after the other."""
    return documents[:: max(1, len(documents) // count)][:count]


def measure_ranges(model: SavedModel, examples: Examples) -> Ranges:
    """Smallest and largest value of each channel that enters a dense layer, over all tokens of some examples: (2, K) each."""

    def wider(known: np.ndarray, more: np.ndarray) -> np.ndarray:
        return np.stack([np.minimum(known[0], more[0]), np.maximum(known[1], more[1])])

    return _observe(model, examples, ("Min", "Max"), wider)


def measure_squares(model: SavedModel, examples: Examples) -> dict[str, np.ndarray]:
    """Sum of squares of each channel that enters a dense layer, over all tokens of some examples: (K,) each.

    Padding counts too; batches are of like lengths, so there is little of it.
    """
    return {name: sums[0] for name, sums in _observe(model, examples, ("SumSquare",), np.add).items()}


def _observe(
    model: SavedModel,
    examples: Examples,
    reductions: Sequence[str],
    combine: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> dict[str, np.ndarray]:
    """By the name of each product: the reductions of all batches, combined, (number of reductions, K)."""
    seen: dict[str, np.ndarray] = {}

    def run(session: Any, inputs: Mapping, outputs: Sequence[str]) -> Sequence:
        observed = [output.name for output in session.get_outputs() if output.name.startswith(OBSERVED)]
        values = session.run([*outputs, *observed], inputs)
        for output, reduced in zip(observed, values[len(outputs) :], strict=True):
            name = output.removeprefix(OBSERVED)
            seen[name] = combine(seen[name], reduced) if name in seen else reduced
        return values[: len(outputs)]

    engine = onnx_engine(model.spec, serialised(build_graphs(model, observe=reductions)), threads=1, run=run)
    engine.answer(examples, lambda *answer: None)
    engine.close()
    return seen
