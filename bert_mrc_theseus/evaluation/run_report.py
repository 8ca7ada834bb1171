"""`report`: everything about a run on one page that needs no other file.

Scores of every stage and type, learning curves with the replace rate, how far scores can be trusted, which types are confused,
and each mistake with gold and predicted entities in its text.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.errors import printable
from bert_mrc_theseus.evaluation.calibration import calibration, confusion
from bert_mrc_theseus.evaluation.mistakes import KINDS, Mistake, count_kinds
from bert_mrc_theseus.evaluation.run_summary import StageSummary
from bert_mrc_theseus.model_files.run_folder import STAGES, RunFolder
from bert_mrc_theseus.output.entity_html import colour_of, mark_html, render
from bert_mrc_theseus.output.svg_charts import Line, line_chart
from bert_mrc_theseus.text.documents import Document, Entity

SURROUNDINGS = 60
"""Characters shown on each side of a mistake."""

SMOOTHED = 60
"""Points of a loss curve: each is the mean of equally many steps."""

NONE = "–"
"""Stands for no entity in the table of confusions."""


def learning_curves(run: Path) -> list[dict[str, Any]]:
    """Charts of each stage that has a log: loss, and dev F1 with the replace rate."""
    curves = []
    for stage in STAGES:
        log = RunFolder(run).stage(stage).log
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


def _mistake(mistake: Mistake, colours: dict[str, str]) -> dict[str, Any]:
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
        "predicted": marked(mistake.predicted_document.entities),
    }


def run_report_page(run: Path, stages: Sequence[StageSummary], gold: Sequence[Document]) -> str:
    """The page of a run.

    Args:
        run: the run folder.
        stages: its stages; all but the table of stages is about the last.
        gold: what they were evaluated on.
    """
    evaluation = stages[-1].evaluation
    types = list(evaluation.strict.types)
    colours = colour_of(types)
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
        run=printable(run.name),
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
        mistakes=[_mistake(m, colours) for m in evaluation.mistakes],
    )
