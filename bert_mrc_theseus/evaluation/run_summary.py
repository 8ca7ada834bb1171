"""All stages of a run side by side: what compression costs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.evaluation.evaluate import Evaluation, evaluate_model, evaluation_report, tune_on
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.training.config import STAGES


@dataclass(frozen=True)
class StageSummary:
    """One stage of a run.

    Attributes:
        stage: 0, 1 or 2.
        layers: of its model's encoder.
        parameters: of the model, embeddings and heads included.
        shared: K, its shared lower layers.
        minutes: that the stage trained; None if it is not done yet.
        evaluation: of its best model.
        report: see `evaluation.evaluation_report`.
    """

    stage: int
    layers: int
    parameters: int
    shared: int
    minutes: float | None
    evaluation: Evaluation
    report: dict[str, Any]

    @property
    def title(self) -> str:
        return ("predecessor", "after stage 1", "after stage 2")[self.stage]

    @property
    def f1(self) -> float:
        return self.report["strict"]["micro"]["f1"]


def summarise_run(
    run: str | Path,
    documents: Sequence[Document],
    data: dict[str, str],
    dev: Sequence[Document] | None = None,
    nested: bool = False,
) -> list[StageSummary]:
    """Evaluates the best model of each stage.

    Args:
        run: the run folder.
        documents: what is evaluated.
        data: name and SHA-256 of their file.
        dev: documents on which each model's thresholds are tuned first.
        nested: see `SavedModel.decoding`.

    Raises:
        ModelError: no stage has a model yet.
    """
    found = []
    for stage in STAGES:
        folder = Path(run) / f"stage{stage}"
        if not (folder / "best").is_dir():
            continue
        model = load_model(folder / "best")
        engine = keras_engine(keras_model(model, str(folder)))
        thresholds = model.thresholds if dev is None else tune_on(engine, model, dev, nested)[0]
        evaluation = evaluate_model(engine, model, documents, thresholds, nested)
        report = evaluation_report(evaluation, model, thresholds, data)
        parameters = sum(tensor.size for tensor in model.tensors.values())
        done = folder / "report.json"
        minutes = json.loads(done.read_text(encoding="utf-8"))["minutes"] if done.is_file() else None
        shape = (model.encoder.num_layers, parameters, model.sharing.modules)
        found.append(StageSummary(stage, *shape, minutes, evaluation, report))
    if not found:
        raise ModelError(f"{run}: no stage has a model yet")
    return found
