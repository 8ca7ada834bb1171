"""Rows of what `compare` wrote; those of models of characters alone by corpus, row and seed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docs._figures.reports import f1_of, one, report
from docs._figures.table import Text

SEEDS = (42, 43, 44)

TITLES = {
    "predecessor": Text("predecessor", "前任"),
    "linear": Text("two-stage, linear", "两阶段，线性"),
    "distilled": Text("two-stage, linear, distilled", "两阶段，线性，蒸馏"),
    "distilled-lightly": Text("two-stage, linear, distilled lightly", "两阶段，线性，轻度蒸馏"),
    "constant": Text("two-stage, constant 0.5", "两阶段，恒定 0.5"),
    "one-stage": Text("one-stage (stage 1 alone)", "单阶段（只有阶段 1）"),
    "first": Text("first layers, fine-tuned", "前几层，直接微调"),
    "first-longer": Text("first layers, fine-tuned, as many steps", "前几层，直接微调，步数相同"),
    "first-distilled": Text("first layers, distilled", "前几层，蒸馏"),
    "linear-x2": Text("two-stage, linear, stage 2 x 2", "两阶段，线性，阶段 2 × 2"),
    "linear-x3": Text("two-stage, linear, stage 2 x 3", "两阶段，线性，阶段 2 × 3"),
    "linear-x5": Text("two-stage, linear, stage 2 x 5", "两阶段，线性，阶段 2 × 5"),
    "spaced": Text(
        "two-stage, linear, from each module's last layer (`spaced`)",
        "两阶段，线性，从每个模块的最后一层开始（`spaced`）",
    ),
    "mean": Text("two-stage, linear, from each module's mean (`mean`)", "两阶段，线性，从每个模块的平均开始（`mean`）"),
    "focal": Text("predecessor, focal loss", "前任，focal loss"),
    "bce": Text("predecessor, binary cross-entropy", "前任，二元交叉熵"),
    "dice": Text("predecessor, dice", "前任，dice"),
    "token-dice": Text("predecessor, dice of each token", "前任，逐词元的 dice"),
    "other": Text("*predecessor of another processor*", "*另一种处理器上的前任*"),
    "other-linear": Text("*two-stage, linear, from it*", "*由它得到的两阶段、线性*"),
}

EPYC, XEON = "AMD EPYC", "Intel Xeon (AMX)"


@dataclass(frozen=True)
class Trained:
    """A row of a comparison, over its seeds.

    Attributes:
        title: a key of `TITLES`.
        runs: its evaluations, one a seed.
        predecessors: those of the predecessors, in the same order.
    """

    title: str
    runs: Sequence[dict[str, Any]]
    predecessors: Sequence[dict[str, Any]]

    @property
    def layers(self) -> str:
        """Of the model."""
        return str(self.runs[0]["layers"])

    @property
    def shared(self) -> str:
        """K, its shared layers."""
        return str(self.runs[0]["shared"])

    @property
    def f1(self) -> list[float]:
        """Strict micro F1 on test."""
        return [f1_of(run) for run in self.runs]

    @property
    def mean(self) -> str:
        """Of its seeds: mean F1 on test, and the standard deviation."""
        return f"{statistics.fmean(self.f1):.4f} ± {statistics.stdev(self.f1):.4f}"

    @property
    def dev(self) -> str:
        """Mean F1 on dev."""
        return f"{statistics.fmean(run['dev_f1'] for run in self.runs):.4f}"

    @property
    def retention(self) -> str:
        """Mean F1 over that of the predecessors; nothing where nothing was learnt."""
        kept = statistics.fmean(self.f1) / statistics.fmean(f1_of(run) for run in self.predecessors)
        return f"{kept:.1%}" if kept else ""


def score(run: dict[str, Any]) -> str:
    """F1 on test, and on dev in brackets."""
    return f"{f1_of(run):.4f} ({run['dev_f1']:.4f})"


def resume(seed: int, row: str, **wanted: Any) -> dict[str, Any]:
    """The evaluation of a row of Resume: seed 42 has its main rows in a file of their own."""
    if seed == 42 and row in ("predecessor", "linear-6", "constant-6", "one-stage-6", "first-6", "distilled-6"):
        layers = 12 if row == "predecessor" else 6
        reports = report("compare-resume")["reports"]
        return one(reports, method=row.removesuffix("-6"), layers=layers, shared=wanted.get("shared", 0))
    if seed == 43 and row == "linear-6":
        return one(report("compare-resume-shared")["reports"], seed=43, method="linear", layers=6, shared=0)
    if seed == 43 and row == "predecessor":
        wanted = {"processor": None}
    return one(report("compare-resume-3"), seed=seed, row=row, **wanted)


MAIN = {
    "predecessor": "predecessor", "linear": "linear-6", "constant": "constant-6", "one-stage": "one-stage-6",
    "first": "first-6",
}  # fmt: skip
"""Of three seeds: the row by its title."""


def resume_of_seeds(title: str) -> Trained:
    """A main row of Resume with its three seeds."""
    predecessors = [resume(seed, "predecessor") for seed in SEEDS]
    return Trained(title, [resume(seed, MAIN[title]) for seed in SEEDS], predecessors)


def peoples_daily(row: str, processor: str = XEON) -> dict[str, Any]:
    """The evaluation of a row of People's Daily."""
    return one(report("compare-peoples-daily"), row=row, processor=processor)


def weibo_of_seeds(title: str, name: str) -> Trained:
    """A row of Weibo with its three seeds."""
    runs = report("compare-weibo")
    return Trained(
        title,
        [one(runs, row=name, seed=seed) for seed in SEEDS],
        [one(runs, row="predecessor", seed=seed) for seed in SEEDS],
    )
