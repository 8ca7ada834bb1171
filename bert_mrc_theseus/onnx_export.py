"""`export --to onnx`: writes a model's graph beside its weights, loads it back, and refuses one that differs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bert_mrc_theseus.batching import sorted_batches
from bert_mrc_theseus.documents import Document
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.examples import Examples, build_examples
from bert_mrc_theseus.files import atomic_binary
from bert_mrc_theseus.inference import Engine, decode_document, document_probabilities, window_probabilities
from bert_mrc_theseus.metrics import strict_scores
from bert_mrc_theseus.model_folder import ONNX, SavedModel, load_model
from bert_mrc_theseus.onnx_engine import BUDGET, onnx_engine, open_session
from bert_mrc_theseus.onnx_graph import OBSERVED, Ranges, build_graph
from bert_mrc_theseus.tokenizer import Tokenizer

CALIBRATION = 200
"""Documents whose values say which ranges int8 must hold."""

TOLERANCE = 1e-4
"""Largest difference of a float32 graph's probabilities."""


@dataclass(frozen=True)
class ExportCheck:
    """What a graph was compared by, the Keras model in float32 being the truth.

    Attributes:
        precision: "fp32" or "int8".
        documents: how many were compared.
        difference: largest absolute difference of a probability.
        f1_before, f1_after: strict F1 on the documents.
        megabytes: size of the file.
    """

    precision: str
    documents: int
    difference: float
    f1_before: float
    f1_after: float
    megabytes: float


def measure_ranges(model: SavedModel, examples: Examples) -> Ranges:
    """Smallest and largest value of each channel that enters a dense layer, over all tokens of some examples."""
    graph = build_graph(model, observe=True)
    names = [output.name for output in graph.graph.output if output.name.startswith(OBSERVED)]
    session = open_session(graph.SerializeToString())
    pairs = examples.all_pairs()
    found: list[np.ndarray] = []
    for batch in sorted_batches(examples.lengths(pairs), BUDGET):
        seen = session.run(names, examples.batch(pairs[batch]))
        found = [
            np.stack([np.minimum(a[0], b[0]), np.maximum(a[1], b[1])]) for a, b in zip(found or seen, seen, strict=True)
        ]
    return {name.removeprefix(OBSERVED): channels for name, channels in zip(names, found, strict=True)}


def export_onnx(
    folder: str | Path,
    truth: Engine,
    documents: Sequence[Document],
    int8: bool = False,
    calibration: Sequence[Document] = (),
    largest_loss: float = 0.003,
) -> ExportCheck:
    """Writes the graph of a saved model into its folder, if it does what the model does.

    Args:
        folder: model folder.
        truth: the model's own engine in float32.
        documents: with gold entities, to compare on.
        int8: dense layers in int8.
        calibration: documents that say which values int8 must hold; the first `CALIBRATION` are used.
        largest_loss: strict F1 that int8 may cost on `documents`.

    Raises:
        ModelError: the graph differs too much from the model; nothing has been written then.
        UserError: nothing to compare on or to calibrate with.
    """
    if not documents or (int8 and not calibration):
        raise UserError("exporting needs documents with entities: to compare the graph on, and int8 to calibrate with")
    model = load_model(folder)

    def examples_of(some: Sequence[Document]) -> Examples:
        return build_examples(some, model.schema, Tokenizer(model.vocab), model.window, model.encoder.max_positions)

    bare = [replace(document, entities=()) for document in calibration[:CALIBRATION]]
    ranges = measure_ranges(model, examples_of(bare)) if int8 else None
    content = build_graph(model, ranges).SerializeToString()
    examples = examples_of(documents)
    before = window_probabilities(truth, examples)
    after = window_probabilities(onnx_engine(content), examples)

    def f1(found: list[np.ndarray]) -> float:
        joined = document_probabilities(examples, found, len(documents))
        pairs = zip(documents, joined, strict=True)
        predicted = [decode_document(d, blocks, model.schema, model.thresholds) for d, blocks in pairs]
        return strict_scores(documents, predicted, model.schema.names).micro.f1

    difference = max(float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True) if a.size)
    check = ExportCheck(
        "int8" if int8 else "fp32", len(documents), difference, f1(before), f1(after), len(content) / 1e6
    )
    if not int8 and not difference <= TOLERANCE:
        raise ModelError(f"the graph's probabilities differ by {difference:.2g} from the model's: nothing was written")
    if int8 and not check.f1_after >= check.f1_before - largest_loss:
        raise ModelError(
            f"int8 takes strict F1 from {check.f1_before:.4f} to {check.f1_after:.4f} on {len(documents)} documents, more "
            f"than {largest_loss} is allowed: nothing was written. More documents to calibrate with may help"
        )
    with atomic_binary(Path(folder) / ONNX) as stream:
        stream.write(content)
    return check
