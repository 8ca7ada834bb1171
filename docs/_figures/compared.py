"""What the tables of `compare` have in common: their words, and a row over its seeds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docs._figures.reports import f1_of
from docs._figures.table import Cell, Text

METHOD = Text("method", "方法")
LAYERS = Text("layers", "层数")
TEST_AND_DEV = Text("strict F1 test (dev)", "严格 F1：测试集（开发集）")
RETENTION = Text("retention", "保留比例")
MINUTES = Text("minutes", "分钟")
MEAN = Text("mean", "平均")
MEAN_AND_SD = Text("mean ± sd", "平均 ± 标准差")
MEAN_OF_DEV = Text("mean of dev", "开发集平均")
STRING_SET = Text("string-set F1", "字符串集合 F1")
SEEDS = (42, 43, 44)
OF_SEEDS: list[Cell] = [Text(f"seed {seed}", f"种子 {seed}") for seed in SEEDS]

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
