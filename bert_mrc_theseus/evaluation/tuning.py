"""Tuning the thresholds on dev."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.engine import decode_document
from bert_mrc_theseus.evaluation.metrics import strict_scores
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
        probabilities: per document its blocks, see `inference.document_probabilities`.
        schema: types in the order of the probabilities.
        across_types: see `decoding.decode_flat`.
    """
    best, best_f1 = Thresholds(), -1.0
    for start, end in sorted(product(GRID, GRID), key=lambda pair: (abs(pair[0] - 0.5) + abs(pair[1] - 0.5), pair)):
        candidate = Thresholds(start, end)
        predicted = [
            decode_document(document, blocks, schema, candidate, across_types)
            for document, blocks in zip(documents, probabilities, strict=True)
        ]
        f1 = strict_scores(documents, predicted, schema.names).micro.f1
        if f1 > best_f1:
            best, best_f1 = candidate, f1
    return best, best_f1
