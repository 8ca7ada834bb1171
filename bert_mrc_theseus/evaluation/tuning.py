"""Tuning the thresholds on dev."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from bert_mrc_theseus.decoding.entities import FlatAnswers, decode_document
from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema

GRID = tuple(round(0.1 * k, 1) for k in range(1, 10))


def tune_thresholds(
    documents: Sequence[Document],
    probabilities: Sequence[Sequence[np.ndarray]],
    schema: Schema,
    across_types: bool = True,
) -> tuple[Thresholds, float]:
    """The pair of start and end thresholds on a grid with the highest strict micro F1, and that F1.

    Of equally good pairs the one nearest to 0.5 is taken: it is the likeliest to hold on other data.

    Args:
        documents: dev documents with their entities.
        probabilities: per document its runs, see `entities.FlatAnswers.probabilities`.
        schema: types in the order of the probabilities.
        across_types: see `spans.decode_flat`.
    """
    best, best_f1 = Thresholds(), -1.0
    for start, end in sorted(product(GRID, GRID), key=lambda pair: (abs(pair[0] - 0.5) + abs(pair[1] - 0.5), pair)):
        candidate = Thresholds(start, end)
        predicted = [
            decode_document(document, runs, schema, candidate, across_types)
            for document, runs in zip(documents, probabilities, strict=True)
        ]
        f1 = strict_scores(documents, predicted, schema.names).micro.f1
        if f1 > best_f1:
            best, best_f1 = candidate, f1
    return best, best_f1


MATCHES = (0.5, 0.7, 0.9)
"""Thresholds of the match head that are tried: each takes a run of the model."""


def tune_on(
    engine: Engine, spec: ModelSpec, documents: Sequence[Document], nested: bool = False
) -> tuple[Thresholds, float]:
    """Thresholds tuned on documents, and their strict F1 there; for a match head the ends first, then the matches."""
    decoding, schema = spec.decoding(nested), spec.schema
    examples = spec.examples(documents)
    answers = FlatAnswers(examples, schema)
    engine.answer(examples, answers.add)
    probabilities = answers.probabilities(len(documents))
    ends, f1 = tune_thresholds(documents, probabilities, schema, decoding == Decoding.FLAT)
    if decoding != Decoding.NESTED:
        return ends, f1
    tried = []
    for match in MATCHES:
        thresholds = replace(ends, match=match)
        predicted = predict_documents(engine, documents, examples, schema, thresholds, decoding)
        tried.append((strict_scores(documents, predicted, schema.names).micro.f1, thresholds))
    f1, best = max(tried, key=lambda pair: pair[0])
    return best, f1
