"""Scoring a saved model on documents: strict scores, the original project's metric, mistakes, and a report that says how."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.engine import Engine, document_probabilities, predict_documents
from bert_mrc_theseus.evaluation.metrics import PRF, Scores, nested_recall, strict_scores, string_set_scores
from bert_mrc_theseus.evaluation.mistakes import Mistake, analyse, count_kinds
from bert_mrc_theseus.evaluation.tuning import tune_thresholds
from bert_mrc_theseus.model_files.model_folder import SavedModel
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
    """

    strict: Scores
    string_set: PRF
    mistakes: list[Mistake]
    predicted: list[Document]
    clipped: int
    nested: dict[str, PRF]


def evaluate_model(
    engine: Engine,
    model: SavedModel,
    documents: Sequence[Document],
    thresholds: Thresholds | None = None,
    nested: bool = False,
) -> Evaluation:
    """Predicts and scores.

    Args:
        engine: runs the model.
        model: the saved model.
        documents: with their gold entities, untruncated.
        thresholds: instead of the model's own.
        nested: see `SavedModel.decoding`.

    Raises:
        DataError: a gold entity's type is not in the model's schema.
    """
    examples = model.examples(documents)
    predicted = predict_documents(
        engine, documents, examples, model.schema, thresholds or model.thresholds, model.decoding(nested)
    )
    return Evaluation(
        strict_scores(documents, predicted, model.schema.names),
        string_set_scores(documents, predicted),
        analyse(documents, predicted),
        predicted,
        examples.clipped,
        nested_recall(documents, predicted),
    )


MATCHES = (0.5, 0.7, 0.9)
"""Thresholds of the match head that are tried: each takes a run of the model."""


def tune_on(
    engine: Engine, model: SavedModel, documents: Sequence[Document], nested: bool = False
) -> tuple[Thresholds, float]:
    """Thresholds tuned on documents, and their strict F1 there; for a match head the ends first, then the matches."""
    decoding, schema = model.decoding(nested), model.schema
    examples = model.examples(documents)
    probabilities = document_probabilities(examples, engine(examples), len(documents))
    ends, f1 = tune_thresholds(documents, probabilities, schema, decoding == Decoding.FLAT)
    if decoding != Decoding.NESTED:
        return ends, f1
    tried = []
    for match in MATCHES:
        thresholds = replace(ends, match=match)
        predicted = predict_documents(engine, documents, examples, schema, thresholds, decoding)
        tried.append((strict_scores(documents, predicted, schema.names).micro.f1, thresholds))
    f1, best = max(tried, key=lambda found: found[0])
    return best, f1


def evaluation_report(
    evaluation: Evaluation, model: SavedModel, thresholds: Thresholds, data: dict[str, str]
) -> dict[str, Any]:
    """The report of an evaluation, for JSON.

    Args:
        evaluation: what was found.
        model: the model.
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
        "layers": model.encoder.num_layers,
        "seed": model.record.get("config", {}).get("seed"),
        "trained_by": model.record.get("command"),
        "command": command_line(),
        "versions": versions(),
    }
