"""How far scores can be trusted, and which types are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_mrc_theseus.text.documents import Document


@dataclass(frozen=True)
class ScoreBin:
    """Predicted entities of about one score.

    Attributes:
        low, high: of the scores.
        count: how many.
        score: their mean.
        right: share that is right.
    """

    low: float
    high: float
    count: int
    score: float
    right: float


def calibration(gold: Sequence[Document], predicted: Sequence[Document], bins: int = 10) -> list[ScoreBin]:
    """How often predicted entities are right, by score; bins without entities are left out."""
    pairs = [
        (entity.score, entity in truth.entities)
        for truth, guess in zip(gold, predicted, strict=True)
        for entity in guess.entities
        if entity.score is not None
    ]
    scores, right = np.array([score for score, _ in pairs]), np.array([good for _, good in pairs])
    place = np.minimum((scores * bins).astype(int), bins - 1) if len(pairs) else np.array([], int)
    return [
        ScoreBin(
            b / bins,
            (b + 1) / bins,
            int((place == b).sum()),
            float(scores[place == b].mean()),
            float(right[place == b].mean()),
        )
        for b in range(bins)
        if (place == b).any()
    ]


def confusion(gold: Sequence[Document], predicted: Sequence[Document], types: Sequence[str]) -> np.ndarray:
    """Counts (T + 1, T + 1) of gold type by predicted type of the same span; the last row and column stand for none."""
    index = {name: i for i, name in enumerate(types)}
    counts = np.zeros((len(types) + 1, len(types) + 1), int)
    for truth, guess in zip(gold, predicted, strict=True):
        exact = set(truth.entities) & set(guess.entities)
        for entity in exact:
            counts[index[entity.type], index[entity.type]] += 1
        spurious = [e for e in guess.entities if e not in exact]
        for entity in (e for e in truth.entities if e not in exact):
            same = next((e for e in spurious if (e.start, e.end) == (entity.start, entity.end)), None)
            if same is not None:
                spurious.remove(same)
            counts[index[entity.type], len(types) if same is None else index[same.type]] += 1
        for entity in spurious:
            counts[len(types), index[entity.type]] += 1
    return counts
