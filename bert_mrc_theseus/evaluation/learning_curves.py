"""What a run's logs show: loss, and dev F1 with the replace rate, stage by stage."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from bert_mrc_theseus.model_files.run_folder import STAGES, RunFolder
from bert_mrc_theseus.output.svg_charts import Line, line_chart

SMOOTHED = 60
"""Points of a loss curve: each is the mean of equally many steps."""


@dataclass(frozen=True)
class Curves:
    """Charts of a stage.

    Attributes:
        run: the run folder.
        stage: 0, 1 or 2.
        loss: by step.
        f1: strict dev F1 by step, with the replace rate.
    """

    run: Path
    stage: int
    loss: Markup
    f1: Markup


def learning_curves(run: Path) -> list[Curves]:
    """Charts of each stage that has a log."""
    curves = []
    for stage in STAGES:
        log = RunFolder(run).stage(stage).log
        if not log.is_file():
            continue
        with open(log, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))

        def series(name: str, rows: list[dict[str, str]] = rows) -> list[tuple[float, float]]:
            points = [(float(row["step"]), float(row[name])) for row in rows if row.get(name)]
            return [point for point in points if math.isfinite(point[1])]

        loss = [Line("loss", "#3d7fb5", _means(series("loss"), SMOOTHED), chinese="损失")]
        f1 = [
            Line("strict dev F1", "#00798c", series("f1"), dots=True, chinese="开发集严格 F1"),
            Line("replace rate", "#b7791f", series("replace_rate"), dashed=True, chinese="替换概率"),
        ]
        curves.append(
            Curves(
                run,
                stage,
                line_chart(loss, "loss by step", chinese="各步的损失"),
                line_chart(f1, "dev F1 by step", 0.0, 1.0, "各步的开发集 F1"),
            )
        )
    return curves


def _means(points: list[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    size = max(1, len(points) // count)
    parts = [points[i : i + size] for i in range(0, len(points), size)]
    return [tuple(np.mean(part, axis=0)) for part in parts]
