"""The table of a comparison: a row a candidate."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bert_mrc_theseus.comparison.methods import METHODS, PUBLISHED, Candidate


@dataclass(frozen=True)
class ComparisonRow:
    """A candidate, over its seeds.

    Attributes:
        name: of the method.
        title: of the method.
        layers: of the model.
        shared_layers: how many of them are shared.
        times: stage 2 is as many times as long as the others'.
        seeds: that were run.
        f1: strict micro F1 on test, a value a seed.
        string_set_f1: the original project's metric.
        retention: F1 over that of the same seed's predecessor, a value a seed.
        speed: sentences a second over the predecessor's; NaN: not measured.
        parameters: of the model, embeddings and heads included.
        minutes: of training, without the predecessor's, mean.
    """

    name: str
    title: str
    layers: int
    shared_layers: int
    times: int
    seeds: list[int]
    f1: list[float]
    string_set_f1: list[float]
    retention: list[float]
    speed: float
    parameters: int
    minutes: float
    published: float | None


def comparison_row(
    candidate: Candidate,
    reports: Mapping[int, dict],
    predecessors: Mapping[int, dict],
    speeds: Mapping[tuple[int, int], float],
) -> ComparisonRow:
    """The row of a candidate.

    Args:
        candidate: what was trained.
        reports: of its evaluation, by seed.
        predecessors: those of the predecessor.
        speeds: seconds for some texts, by layers and shared layers.
    """
    method = METHODS[candidate.method]
    one = next(iter(reports.values()))
    whole = next(iter(predecessors.values()))
    f1 = [report["strict"]["micro"]["f1"] for report in reports.values()]
    before = [predecessors[seed]["strict"]["micro"]["f1"] for seed in reports]
    own, whole_seconds = (speeds.get((report["layers"], report["shared"])) for report in (one, whole))
    return ComparisonRow(
        candidate.method,
        method.title,
        one["layers"],
        one["shared"],
        candidate.times,
        list(reports),
        f1,
        [report["string_set"]["f1"] for report in reports.values()],
        [a / b if b else float("nan") for a, b in zip(f1, before, strict=True)],
        whole_seconds / own if own and whole_seconds else float("nan"),
        one["parameters"],
        float(np.mean([report["minutes"] for report in reports.values()])),
        PUBLISHED.get(candidate),
    )


COLUMNS: dict[str, Callable[[ComparisonRow], str]] = {
    "method": lambda row: (
        row.title
        + (f" (K = {row.shared_layers})" if row.shared_layers else "")
        + (f", stage 2 x {row.times}" if row.times > 1 else "")
    ),
    "layers": lambda row: str(row.layers),
    "strict F1": lambda row: mean_and_deviation(row.f1),
    "string-set F1": lambda row: f"{statistics.fmean(row.string_set_f1):.4f}",
    "retention": lambda row: f"{statistics.fmean(row.retention):.1%}",
    "sentences/s": lambda row: "" if math.isnan(row.speed) else f"{row.speed:.2f} x",
    "parameters": lambda row: f"{row.parameters / 1e6:.1f} M",
    "minutes": lambda row: f"{row.minutes:.0f}",
    "published (People's Daily, its own metric)": lambda row: "" if row.published is None else f"{row.published:.4f}",
}
"""The table's columns."""


def mean_and_deviation(values: Sequence[float]) -> str:
    """Mean and sample standard deviation; a single value as it is."""
    mean = f"{statistics.fmean(values):.4f}"
    return f"{mean} ± {statistics.stdev(values):.4f} ({len(values)})" if len(values) > 1 else mean


def markdown(rows: Sequence[ComparisonRow]) -> str:
    """The table in Markdown."""
    lines = [list(COLUMNS), ["---"] * len(COLUMNS), *([cell(row) for cell in COLUMNS.values()] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
