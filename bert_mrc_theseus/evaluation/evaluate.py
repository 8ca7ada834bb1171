"""Scoring a saved model on documents: strict scores, the original project's metric, mistakes, and a report that says how."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.evaluation.metrics import PRF, Scores, nested_recall, strict_scores, string_set_scores
from bert_mrc_theseus.evaluation.mistakes import Mistake, analyse, count_kinds
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.provenance import command_line, versions
from bert_mrc_theseus.text.documents import Document


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on some documents.

    Attributes:
        strict: the headline.
        string_set: the original project's metric (see `metrics.string_set_scores`).
        mistakes: see `error_analysis`.
        predicted: the documents with predicted entities.
        clipped: gold entities that no window of the model holds whole.
        nested: see `metrics.nested_recall`.
        seconds: that the prediction took, texts being read and all; None: it was made elsewhere.
    """

    strict: Scores
    string_set: PRF
    mistakes: list[Mistake]
    predicted: list[Document]
    clipped: int
    nested: dict[str, PRF]
    seconds: float | None = None


def evaluate_predictions(
    documents: Sequence[Document],
    predicted: list[Document],
    types: Sequence[str],
    clipped: int = 0,
    seconds: float | None = None,
) -> Evaluation:
    """Scores what was predicted.

    Args:
        documents: with their gold entities, untruncated.
        predicted: the same in the same order, with predicted ones.
        types: see `metrics.strict_scores`.
        clipped, seconds: see `Evaluation`.
    """
    return Evaluation(
        strict_scores(documents, predicted, types),
        string_set_scores(documents, predicted),
        analyse(documents, predicted),
        predicted,
        clipped,
        nested_recall(documents, predicted),
        seconds,
    )


def evaluate_model(
    engine: Engine,
    spec: ModelSpec,
    documents: Sequence[Document],
    thresholds: Thresholds | None = None,
    nested: bool = False,
) -> Evaluation:
    """Predicts and scores.

    Args:
        engine: runs the model.
        spec: the model but for its weights.
        documents: with their gold entities, untruncated.
        thresholds: instead of the model's own.
        nested: see `ModelSpec.decoding`.

    Raises:
        DataError: a gold entity's type is not in the model's schema.
    """
    started = time.perf_counter()
    examples = spec.examples(documents)
    predicted = predict_documents(
        engine, documents, examples, spec.schema, thresholds or spec.thresholds, spec.decoding(nested)
    )
    seconds = time.perf_counter() - started
    return evaluate_predictions(documents, predicted, spec.schema.names, examples.clipped, seconds)


def evaluation_report(
    evaluation: Evaluation, spec: ModelSpec, thresholds: Thresholds, data: dict[str, str]
) -> dict[str, Any]:
    """The report of an evaluation, for JSON.

    Args:
        evaluation: what was found.
        spec: the model but for its weights.
        thresholds: those used.
        data: name and SHA-256 of the evaluated file.
    """
    return {
        "strict": evaluation.strict.to_dict(),
        "string_set": evaluation.string_set.to_dict(),
        "mistakes": count_kinds(evaluation.mistakes),
        "documents": len(evaluation.predicted),
        "clipped": evaluation.clipped,
        "nested": {part: counts.to_dict() for part, counts in evaluation.nested.items()},
        "thresholds": asdict(thresholds),
        "data": data,
        "layers": spec.config.encoder.num_layers,
        "seed": spec.record.seed,
        "trained_by": spec.record.command,
        "command": command_line(),
        "versions": versions(),
    }
