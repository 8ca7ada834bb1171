"""Tables of compression.md and README: what `compare` wrote of models with words."""

import statistics
from typing import Any

from docs._figures.comparisons import SEEDS, TITLES, Trained, score
from docs._figures.compression import (
    LAYERS,
    MEAN_AND_SD,
    MEAN_OF_DEV,
    METHOD,
    OF_SEEDS,
    RETENTION,
    STRING_SET,
    TEST_AND_DEV,
)
from docs._figures.reports import f1_of, one, report
from docs._figures.table import Cell, Table, Text

H200, PROCESSOR = "NVIDIA H200", "Intel Xeon"
CORPUS = Text("corpus", "语料")
CORPORA: dict[str, Cell] = {
    "resume": "Resume", "weibo": Text("Weibo", "微博"), "uner": "UNER GSDSIMP",
    "peoples_daily": Text("People's Daily", "人民日报"),
}  # fmt: skip
ROWS = {"predecessor": "predecessor", "linear": "linear-6", "first": "first-6"}
"""The row by its title."""


def evaluation(corpus: str, row: str, seed: int, processor: str = H200) -> dict[str, Any]:
    """The evaluation of a row."""
    return one(report("compare-words")["rows"], corpus=corpus, row=row, seed=seed, processor=processor)


def trained(corpus: str, title: str, row: str, *seeds: int) -> Trained:
    """A row with its seeds."""
    return Trained(
        title,
        [evaluation(corpus, row, seed) for seed in seeds],
        [evaluation(corpus, "predecessor", seed) for seed in seeds],
    )


def compression_words_seeds() -> Table:
    """Resume and Weibo, three seeds."""
    cells: list[list[Cell]] = []
    for corpus in ("resume", "weibo"):
        for title, name in ROWS.items():
            row = trained(corpus, title, name, *SEEDS)
            scores = [*map(score, row.runs), row.mean, row.dev, row.retention]
            cells.append([CORPORA[corpus], TITLES[title], row.layers, *scores])
    return Table([CORPUS, METHOD, LAYERS, *OF_SEEDS, MEAN_AND_SD, MEAN_OF_DEV, RETENTION], cells)


def compression_words_one_seed() -> Table:
    """UNER and People's Daily, one seed."""
    names = [("uner", *row) for row in ROWS.items()]
    names += [("peoples_daily", *row) for row in [*ROWS.items(), ("linear", "linear-3")]]
    cells: list[list[Cell]] = []
    for corpus, title, name in names:
        row = trained(corpus, title, name, 42)
        run = row.runs[0]
        string_set = f"{run['string_set']['f1']:.4f}"
        cells.append([CORPORA[corpus], TITLES[title], row.layers, score(run), row.retention, string_set])
    characters = [
        (Text("*predecessor, characters alone*", "*前任，只读字*"), "predecessor-characters"),
        (Text("*two-stage, linear, characters alone*", "*两阶段，线性，只读字*"), "linear-6-characters"),
    ]
    for place, (title, name) in enumerate(characters, len(ROWS)):
        run = evaluation("uner", name, 42, PROCESSOR)
        string_set = f"{run['string_set']['f1']:.4f}"
        cells.insert(place, [CORPORA["uner"], title, str(run["layers"]), score(run), "", string_set])
    return Table([CORPUS, METHOD, LAYERS, TEST_AND_DEV, RETENTION, STRING_SET], cells)


def compression_words_twice() -> Table:
    """What was trained a second time, on a processor."""
    titles = {row: TITLES[title] for title, row in ROWS.items()}
    cells: list[list[Cell]] = []
    for run in report("compare-words")["rows"]:
        if run["processor"] == PROCESSOR and run["row"] in titles:
            first = evaluation(run["corpus"], run["row"], run["seed"])
            cells.append([CORPORA[run["corpus"]], titles[run["row"]], str(run["seed"]), score(first), score(run)])
    return Table([CORPUS, METHOD, Text("seed", "种子"), H200, PROCESSOR], cells)


def compression_summary() -> Table:
    """README's: four corpora side by side."""
    titles = {
        "predecessor": Text("predecessor, 12 layers", "前任，12 层"),
        "linear": Text("two-stage, linear replace rate", "两阶段，线性替换率"),
        "first": Text("first 6 layers, fine-tuned: no Theseus", "前 6 层直接微调：不用 Theseus"),
    }
    seeds = {"resume": SEEDS, "weibo": SEEDS, "uner": (42,), "peoples_daily": (42,)}
    rows: list[list[Cell]] = [
        [
            title,
            *(f"{statistics.fmean(trained(corpus, name, ROWS[name], *of).f1):.4f}" for corpus, of in seeds.items()),
        ]
        for name, title in titles.items()
    ]
    three = f"{f1_of(evaluation('peoples_daily', 'linear-3', 42)):.4f}"
    rows.append([Text("two-stage, linear, 3 layers", "两阶段，线性，3 层"), "", "", "", three])
    return Table(["", *(_head(corpus, of) for corpus, of in seeds.items())], rows)


def _head(corpus: str, seeds: tuple[int, ...]) -> Text:
    strict = evaluation(corpus, "predecessor", seeds[0])["strict"]
    name = CORPORA[corpus]
    en, zh = (name, name) if isinstance(name, str) else name
    entities, types = f"{strict['micro']['support']:,}", len(strict["types"])
    of_seeds = ("three seeds", "三个种子") if len(seeds) == 3 else ("one seed", "一个种子")
    return Text(
        f"{en} ({entities} entities, {types} types), {of_seeds[0]}",
        f"{zh}（{entities} 个实体，{types} 个类型），{of_seeds[1]}",
    )
