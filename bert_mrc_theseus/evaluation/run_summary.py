"""All stages of a run side by side: what compression costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.evaluation.evaluate import Evaluation, evaluate_model, evaluation_report
from bert_mrc_theseus.evaluation.tuning import tune_on
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.run_folder import RunFolder
from bert_mrc_theseus.text.documents import Document

STAGE_TITLES = ("predecessor", "after stage 1", "after stage 2")
"""What the models of the stages are called."""


@dataclass(frozen=True)
class StageSummary:
    """One stage of a run.

    Attributes:
        stage: 0, 1 or 2.
        layers: of its model's encoder.
        parameters: of the model, embeddings and heads included.
        shared_layers: K.
        minutes: that the stage trained; None if it is not done yet.
        evaluation: of its best model.
        report: see `evaluate.evaluation_report`.
    """

    stage: int
    layers: int
    parameters: int
    shared_layers: int
    minutes: float | None
    evaluation: Evaluation
    report: dict[str, Any]

    @property
    def title(self) -> str:
        return STAGE_TITLES[self.stage]

    @property
    def f1(self) -> float:
        """Strict micro F1."""
        return self.evaluation.strict.micro.f1


def summarise_run(
    run: str | Path,
    documents: Sequence[Document],
    data: dict[str, str],
    dev: Sequence[Document] | None = None,
    nested: bool = False,
) -> list[StageSummary]:
    """Evaluates the best model of each stage, by ONNX Runtime where it was exported, else by Keras.

    Args:
        run: the run folder.
        documents: what is evaluated.
        data: name and SHA-256 of their file.
        dev: documents on which each model's thresholds are tuned first.
        nested: see `ModelSpec.decoding`.

    Raises:
        ModelError: no stage has a model yet.
        UserError: the Keras engine is needed, and TensorFlow is not installed.
    """
    summaries = []
    for folder in RunFolder(Path(run)).stages():
        spec, engine = load_engine(folder.best)
        thresholds = spec.thresholds if dev is None else tune_on(engine, spec, dev, nested)[0]
        evaluation = evaluate_model(engine, spec, documents, thresholds, nested)
        engine.close()
        done = folder.report()
        summaries.append(
            StageSummary(
                folder.number,
                spec.config.encoder.num_layers,
                load_model(folder.best).parameters,
                spec.config.shared.layers,
                None if done is None else done.minutes,
                evaluation,
                evaluation_report(evaluation, spec, thresholds, data),
            )
        )
    if not summaries:
        raise ModelError(f"{run}: no stage has a model yet")
    return summaries
