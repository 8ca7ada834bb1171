"""`report`: everything about a run on one page that needs no other file.

Scores of every stage and type, learning curves with the replace rate, how far scores can be trusted, which types are confused,
and each mistake with gold and predicted entities in its text.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.evaluation.mistakes import KINDS, Mistake, count_kinds
from bert_mrc_theseus.evaluation.run_summary import StageSummary
from bert_mrc_theseus.output.entity_html import colour_of, mark_html, render
from bert_mrc_theseus.output.svg_charts import Line, line_chart
from bert_mrc_theseus.text.documents import Document, Entity

SURROUNDINGS = 60
"""Characters shown on each side of a mistake."""

SMOOTHED = 60
"""Points of a loss curve: each is the mean of equally many steps."""

NONE = "–"
"""Stands for no entity in the table of confusions."""


@dataclass(frozen=True)
class Calibration:
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


def calibration(gold: Sequence[Document], predicted: Sequence[Document], bins: int = 10) -> list[Calibration]:
    """How often predicted entities are right, by score; bins without entities are left out."""
    pairs = [
        (entity.score, entity in truth.entities)
        for truth, found in zip(gold, predicted, strict=True)
        for entity in found.entities
        if entity.score is not None
    ]
    scores, right = np.array([score for score, _ in pairs]), np.array([good for _, good in pairs])
    place = np.minimum((scores * bins).astype(int), bins - 1) if len(pairs) else np.array([], int)
    return [
        Calibration(
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
    for truth, found in zip(gold, predicted, strict=True):
        exact = set(truth.entities) & set(found.entities)
        for entity in exact:
            counts[index[entity.type], index[entity.type]] += 1
        rest = [e for e in found.entities if e not in exact]
        for entity in (e for e in truth.entities if e not in exact):
            same = next((e for e in rest if (e.start, e.end) == (entity.start, entity.end)), None)
            if same is not None:
                rest.remove(same)
            counts[index[entity.type], len(types) if same is None else index[same.type]] += 1
        for entity in rest:
            counts[len(types), index[entity.type]] += 1
    return counts


def learning_curves(run: Path) -> list[dict[str, Any]]:
    """Charts of each stage that has a log: loss, and dev F1 with the replace rate."""
    curves = []
    for stage in (0, 1, 2):
        log = run / f"stage{stage}" / "log.csv"
        if not log.is_file():
            continue
        with open(log, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))

        def series(name: str, rows: list[dict[str, str]] = rows) -> list[tuple[float, float]]:
            return [(float(row["step"]), float(row[name])) for row in rows if row.get(name)]

        rates = Line("replace rate", "#b7791f", series("replace_rate"), dashed=True)
        curves.append(
            {
                "stage": stage,
                "loss": line_chart([Line("loss", "#30638e", _means(series("loss"), SMOOTHED))], "loss by step"),
                "f1": line_chart(
                    [Line("strict dev F1", "#00798c", series("f1"), dots=True), rates], "dev F1 by step", 0.0, 1.0
                ),
            }
        )
    return curves


def _means(points: list[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    size = max(1, len(points) // count)
    parts = [points[i : i + size] for i in range(0, len(points), size)]
    return [tuple(np.mean(part, axis=0)) for part in parts]


def _mistake(mistake: Mistake, predicted: Document, colours: dict[str, str]) -> dict[str, Any]:
    spans = [entity for entity in (mistake.gold, mistake.predicted) if entity is not None]
    text = mistake.document.text
    start = max(0, min(e.start for e in spans) - SURROUNDINGS)
    part = text[start : max(e.end for e in spans) + SURROUNDINGS]

    def marked(entities: Sequence[Entity]) -> Any:
        return mark_html(part, entities, colours, start)

    return {
        "kind": mistake.kind,
        "types": sorted({e.type for e in spans}),
        "document": mistake.document.id,
        "gold": marked(mistake.document.entities),
        "predicted": marked(predicted.entities),
    }


def review_page(run: Path, stages: Sequence[StageSummary], gold: Sequence[Document]) -> str:
    """The page of a run.

    Args:
        run: the run folder.
        stages: its stages; all but the table of stages is about the last.
        gold: what they were evaluated on.
    """
    evaluation = stages[-1].evaluation
    types = list(evaluation.strict.types)
    colours = colour_of(types)
    by_id = {id(document): found for document, found in zip(gold, evaluation.predicted, strict=True)}
    bins = calibration(gold, evaluation.predicted)
    chart = line_chart(
        [
            Line("share that is right", "#00798c", [(b.score, b.right) for b in bins], dots=True),
            Line("perfectly calibrated", "#98a3ad", [(0.0, 0.0), (1.0, 1.0)], dashed=True),
        ],
        "predicted entities by score",
        0.0,
        1.0,
    )
    return render(
        "report.html.j2",
        run=run.name,
        stages=stages,
        types=types,
        colours=colours,
        strict=evaluation.strict,
        string_set=evaluation.string_set,
        nested=evaluation.nested,
        clipped=evaluation.clipped,
        curves=learning_curves(run),
        calibration=bins,
        calibration_chart=chart,
        confusion=confusion(gold, evaluation.predicted, types).tolist(),
        no_entity=NONE,
        kinds=count_kinds(evaluation.mistakes),
        kind_names=KINDS,
        mistakes=[_mistake(m, by_id[id(m.document)], colours) for m in evaluation.mistakes],
    )
