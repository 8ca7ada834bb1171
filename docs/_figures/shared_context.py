"""Tables of shared-context.md: what `bench shared` and `compare` wrote."""

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
