"""`export --to onnx`: writes a model's graphs beside its weights or without them, and refuses those that differ."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bert_mrc_theseus.decoding.entities import FlatAnswers
from bert_mrc_theseus.engines.choose import onnx_engine
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.files.places import refuse_existing
from bert_mrc_theseus.model_files.model_folder import FILES, FOR_HUBS, OF_WORDS, RECORD, load_model, write_for_hubs
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.onnx_export.observation import measure_ranges, spread
from bert_mrc_theseus.text.documents import Document

CALIBRATION = 200
"""Documents whose values say which ranges int8 must hold."""

TOLERANCE = 1e-4
"""Largest difference of float32 graphs' probabilities."""


@dataclass(frozen=True)
class ExportCheck:
    """What graphs were compared by, the Keras model in float32 being the truth.

    Attributes:
        precision: "fp32" or "int8".
        documents: how many were compared.
        difference: largest absolute difference of a probability.
        f1_before, f1_after: strict F1 on the documents.
        megabytes: size of the files.
    """

    precision: str
    documents: int
    difference: float
    f1_before: float
    f1_after: float
    megabytes: float


def export_onnx(
    folder: str | Path,
    truth: Engine,
    documents: Sequence[Document],
    int8: bool = False,
    calibration: Sequence[Document] = (),
    largest_loss: float = 0.003,
    out: str | Path | None = None,
) -> ExportCheck:
    """Writes the graphs of a saved model, if they do what the model does.

    Args:
        folder: model folder.
        truth: the model's own engine in float32.
        documents: with gold entities, to compare on.
        int8: dense layers in int8.
        calibration: documents that say which values int8 must hold; `CALIBRATION` of them are used, spread evenly.
        largest_loss: strict F1 that int8 may cost on `documents`.
        out: a new folder that predicts without the weights, to be given to others; None: the graphs go into `folder`.

    Raises:
        ModelError: the graphs differ too much from the model; nothing has been written then.
        UserError: nothing to compare on or to calibrate with, or `out` exists already.
    """
    if not documents or (int8 and not calibration):
        raise UserError("exporting needs documents with entities: to compare the graphs on, and int8 to calibrate with")
    if out is not None:
        refuse_existing(out)
    model = load_model(folder)
    spec = model.spec
    bare = [replace(document, entities=()) for document in spread(calibration, CALIBRATION)]
    ranges = measure_ranges(model, spec.examples(bare)) if int8 else None
    graphs = serialised(build_graphs(model, ranges))
    examples = spec.examples(documents)

    def answers_of(engine: Engine) -> FlatAnswers:
        answers = FlatAnswers(examples, spec.schema, spec.thresholds)
        engine.answer(examples, answers.add)
        return answers

    def f1(answers: FlatAnswers) -> float:
        return strict_scores(documents, answers.documents(documents), spec.schema.names).micro.f1

    before = answers_of(truth)
    exported = onnx_engine(spec, graphs)
    after = answers_of(exported)
    exported.close()
    difference = max(float(np.abs(a - b).max()) for a, b in zip(before.windows, after.windows, strict=True) if a.size)
    check = ExportCheck(
        "int8" if int8 else "fp32", len(documents), difference, f1(before), f1(after), sum(map(len, graphs)) / 1e6
    )
    if not int8 and not difference <= TOLERANCE:
        raise ModelError(f"the graphs' probabilities differ by {difference:.2g} from the model's: nothing was written")
    if int8 and not check.f1_after >= check.f1_before - largest_loss:
        raise ModelError(
            f"int8 takes strict F1 from {check.f1_before:.4f} to {check.f1_after:.4f} on {len(documents)} documents, more "
            f"than {largest_loss} is allowed: nothing was written. More documents to calibrate with may help"
        )
    if out is None:
        write_graphs(folder, graphs)
    else:
        with atomic_folder(out) as new:
            # Folders of older programs have no files for hubs.
            write_for_hubs(new, spec)
            for file in Path(folder).iterdir():
                if file.name in (*FILES, *OF_WORDS, *FOR_HUBS, RECORD):
                    shutil.copyfile(file, new / file.name)
            write_graphs(new, graphs)
    return check
