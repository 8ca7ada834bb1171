"""Tables of shared-context.md: what `bench shared`, `compare` and `train` wrote."""

import statistics

from docs._figures.comparisons import SEEDS
from docs._figures.compression import MEAN, OF_SEEDS
from docs._figures.reports import f1_of, one, report
from docs._figures.table import Cell, Table, Text


def shared_cost() -> Table:
    """Sentences a second by K and number of types."""
    found = report("bench-shared")["rows"]
    counts = sorted({row["types"] for row in found})
    rows: list[list[Cell]] = []
    for shared, once in [*((k, k) for k in range(6)), (4, 0)]:
        of_k = [one(found, shared=shared, once=once, types=count) for count in counts]
        speeds = [
            f"{row['sentences_per_second']:.0f} ({row['ratio']:.2f}; {row['token_layers_ratio']:.2f})" for row in of_k
        ]
        name = str(shared) if shared == once else Text(f"{shared}, plain run", f"{shared}，普通算法")
        rows.append([name, *speeds, f"{of_k[-1]['type_cost']:.2f}"])
    last = Text(f"a type more, T = {counts[0]} to {counts[-1]}", f"多一个类型，T = {counts[0]} 到 {counts[-1]}")
    return Table(["K", *(f"T = {count}" for count in counts), last], rows)


def shared_f1() -> Table:
    """Strict F1 of Resume by K, three seeds."""
    found = report("compare-resume-shared")["reports"]
    kinds: list[tuple[Cell, dict[str, object]]] = [(Text("predecessor", "前任"), {"method": "predecessor"})]
    kinds += [(f"K = {k}", {"method": "linear", "shared": k}) for k in (0, 4, 5)]
    rows: list[list[Cell]] = []
    for name, kind in kinds:
        scores = [f1_of(one(found, seed=seed, **kind)) for seed in SEEDS]
        rows.append([name, *(f"{value:.4f}" for value in scores), f"{statistics.fmean(scores):.4f}"])
    return Table(["", *OF_SEEDS, MEAN], rows)


def shared_all() -> Table:
    """Strict dev F1 with all layers shared and with all but one; a cell is empty where nothing was trained."""
    titles = {
        (6, "texts"): "K = 6",
        (5, "texts"): "K = 5",
        (5, "pairs"): Text("K = 5, batches of pairs", "K = 5，按配对分批"),
    }
    rows: list[list[Cell]] = []
    for (shared, batches), title in titles.items():
        of_form = [run for run in report("shared-all")["rows"] if (run["shared"], run["batches"]) == (shared, batches)]
        runs = [run for run in of_form if run["corpus"] == "resume"]
        by_seed = {run["seed"]: run["dev_f1"] for run in runs}
        of_third = [f"{run['dev_f1']:.4f}" for run in of_form if run["corpus"] == "peoples_daily_third"]
        steps = sorted({f"{run['steps']:,}" for run in runs})
        scores = [f"{by_seed[seed]:.4f}" if seed in by_seed else "" for seed in SEEDS]
        mean = f"{statistics.fmean(by_seed.values()):.4f}" if len(by_seed) == len(SEEDS) else ""
        rows.append([title, ", ".join(steps), *scores, mean, *(of_third or [""])])
    third = Text("a third of People's Daily, seed 42", "人民日报的三分之一，种子 42")
    return Table(["", Text("steps", "步数"), *OF_SEEDS, MEAN, third], rows)
