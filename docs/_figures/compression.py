"""Tables of compression.md and notes: what `compare` wrote of models of characters alone."""

import statistics
from typing import Any

from docs._figures.comparisons import (
    EPYC,
    MAIN,
    SEEDS,
    TITLES,
    XEON,
    Trained,
    peoples_daily,
    resume,
    resume_of_seeds,
    score,
    weibo_of_seeds,
)
from docs._figures.reports import one, report
from docs._figures.table import Cell, Table, Text

METHOD = Text("method", "方法")
LAYERS = Text("layers", "层数")
TEST_AND_DEV = Text("strict F1 test (dev)", "严格 F1：测试集（开发集）")
RETENTION = Text("retention", "保留比例")
MINUTES = Text("minutes", "分钟")
MEAN = Text("mean", "平均")
MEAN_AND_SD = Text("mean ± sd", "平均 ± 标准差")
MEAN_OF_DEV = Text("mean of dev", "开发集平均")
STRING_SET = Text("string-set F1", "字符串集合 F1")
OF_SEEDS: list[Cell] = [Text(f"seed {seed}", f"种子 {seed}") for seed in SEEDS]


def compression_resume() -> Table:
    """Every method of seed 42."""
    first = [
        ("predecessor", "predecessor", 0), ("linear", "linear-6", 0), ("linear", "linear-6", 4), ("linear", "linear-6", 5),
        ("distilled", "distilled-6", 0), ("distilled", "distilled-6", 5), ("constant", "constant-6", 0),
        ("one-stage", "one-stage-6", 0), ("first", "first-6", 0),
    ]  # fmt: skip
    last = [
        ("distilled-lightly", "distilled-lightly-3"), ("one-stage", "one-stage-3"), ("first", "first-3"),
        ("first-distilled", "first-distilled-3"), ("linear-x3", "linear-3-x3"),
        ("distilled-lightly", "distilled-lightly-6"), ("constant", "constant-3"), ("spaced", "spaced-3"), ("mean", "mean-3"),
    ]  # fmt: skip
    comparison = report("compare-resume")
    predecessor = resume(42, "predecessor")
    three = one(comparison["reports"], method="linear", layers=3)
    timed = [(title, resume(42, row, shared=shared)) for title, row, shared in first] + [("linear", three)]
    rows: list[list[Cell]] = []
    for title, run in timed:
        name = run["method"]
        speed = one(comparison["rows"], name=name, layers=run["layers"], shared=run["shared"])["speed"]
        rows.append([*_resume_row(title, run, predecessor, f"{speed:.2f} x"), f"{run['minutes']:.0f}"])
    rows += [[*_resume_row(title, resume(42, row), predecessor, ""), ""] for title, row in last]
    heads: list[Cell] = [
        METHOD,
        LAYERS,
        "K",
        TEST_AND_DEV,
        RETENTION,
        Text("sentences/s", "句/秒"),
        Text("parameters", "参数量"),
        MINUTES,
    ]
    return Table(heads, rows)


def _resume_row(title: str, run: dict[str, Any], predecessor: dict[str, Any], speed: str) -> list[Cell]:
    row = Trained(title, [run], [predecessor])
    parameters = f"{run['parameters'] / 1e6:.1f} M"
    return [TITLES[title], row.layers, row.shared, score(run), row.retention, speed, parameters]


def compression_resume_seeds() -> Table:
    """The main rows of three seeds."""
    rows = [resume_of_seeds(title) for title in MAIN]
    return Table(
        [METHOD, *OF_SEEDS, MEAN],
        [[TITLES[row.title], *map(score, row.runs), f"{statistics.fmean(row.f1):.4f}"] for row in rows],
    )


def compression_resume_longer() -> Table:
    """Three layers with a longer stage 2."""
    rows = [("linear-x3", "linear-3-x3", 42), ("linear-x3", "linear-3-x3", 44), ("first-longer", "first-3-x3", 44)]
    cells: list[list[Cell]] = []
    for title, name, seed in rows:
        row = Trained(title, [resume(seed, name)], [resume(seed, "predecessor")])
        cells.append([TITLES[title], str(seed), row.layers, score(row.runs[0]), row.retention])
    return Table([METHOD, Text("seed", "种子"), LAYERS, TEST_AND_DEV, RETENTION], cells)


def notes_losses() -> Table:
    """Losses of the predecessor, seed 44."""
    rows = {
        "focal": "predecessor", "bce": "predecessor-bce", "dice": "predecessor-dice",
        "token-dice": "predecessor-dice-per-token",
    }  # fmt: skip
    predecessor = resume(44, "predecessor")
    cells: list[list[Cell]] = []
    for title, name in rows.items():
        row = Trained(title, [resume(44, name)], [predecessor])
        cells.append([TITLES[title], score(row.runs[0]), row.retention, f"{row.runs[0]['minutes']:.0f}"])
    return Table([METHOD, TEST_AND_DEV, RETENTION, MINUTES], cells)


def notes_distillation() -> Table:
    """Successors without distillation and with it."""
    three = one(report("compare-resume")["reports"], method="linear", layers=3)
    rows = [
        ("linear", resume(42, "linear-6"), resume(42, "distilled-6"), resume(42, "distilled-lightly-6")),
        ("linear", resume(42, "linear-6", shared=5), resume(42, "distilled-6", shared=5), None),
        ("linear", three, None, resume(42, "distilled-lightly-3")),
        ("linear", None, resume(44, "distilled-3"), None),
        ("first", resume(44, "first-6"), resume(44, "first-distilled-6"), None),
        ("first", resume(42, "first-3"), resume(42, "first-distilled-3"), None),
    ]
    cells: list[list[Cell]] = []
    for title, *runs in rows:
        run = next(run for run in runs if run)
        own = [str(run["seed"]), str(run["layers"]), str(run["shared"])]
        cells.append([TITLES[title], *own, *(score(run) if run else "" for run in runs)])
    ways = [
        Text("without", "不蒸馏"), Text("distilled, weight 1", "蒸馏，权重 1"),
        Text("weights 0.05 and 0.01", "权重 0.05 和 0.01"),
    ]  # fmt: skip
    return Table([METHOD, Text("seed", "种子"), LAYERS, "K", *ways], cells)


PUBLISHED = {"predecessor": 0.958, "linear-6": 0.9491, "constant-6": 0.9459, "one-stage-6": 0.9342}
"""What the original project published of People's Daily."""


def compression_peoples_daily() -> Table:
    """Every method, and at the end what another processor made of two."""
    rows = [
        ("predecessor", "predecessor", XEON), ("linear", "linear-6", XEON), ("constant", "constant-6", XEON),
        ("one-stage", "one-stage-6", XEON), ("first", "first-6", XEON), ("linear-x2", "linear-6-x2", XEON),
        ("first-longer", "first-6-x2", XEON), ("linear", "linear-3", XEON), ("linear-x2", "linear-3-x2", XEON),
        ("linear-x5", "linear-3-x5", XEON), ("first-longer", "first-3-x5", XEON), ("other", "predecessor", EPYC),
        ("other-linear", "linear-6", EPYC),
    ]  # fmt: skip
    cells: list[list[Cell]] = []
    for title, name, processor in rows:
        run = peoples_daily(name, processor)
        row = Trained(title, [run], [peoples_daily("predecessor", processor)])
        published = f"{PUBLISHED[name]:.4f}" if name in PUBLISHED else ""
        string_set = f"{run['string_set']['f1']:.4f}"
        minutes = f"{run['minutes']:.0f}"
        cells.append([TITLES[title], row.layers, score(run), row.retention, string_set, published, minutes])
    own = Text("published (its own metric)", "原项目公布的（其自己的指标）")
    return Table([METHOD, LAYERS, TEST_AND_DEV, RETENTION, STRING_SET, own, MINUTES], cells)


def compression_weibo() -> Table:
    """Every method of three seeds."""
    names = [("predecessor", "predecessor"), ("linear", "linear-6"), ("linear", "linear-6-shared5")]
    names += [("constant", "constant-6"), ("one-stage", "one-stage-6"), ("first", "first-6")]
    cells: list[list[Cell]] = []
    for title, name in names:
        row = weibo_of_seeds(title, name)
        cells.append([TITLES[title], row.layers, row.shared, *map(score, row.runs), row.mean, row.dev, row.retention])
    heads: list[Cell] = [
        METHOD,
        LAYERS,
        "K",
        *OF_SEEDS,
        MEAN_AND_SD,
        MEAN_OF_DEV,
        RETENTION,
    ]
    return Table(heads, cells)
