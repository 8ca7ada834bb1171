"""The files of docs/results: what commands wrote."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"


@cache
def report(name: str) -> Any:
    """A report, such as that of `bench-peers`."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def one(rows: Iterable[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    """The only row that has certain values.

    Raises:
        LookupError: no row has them, or several have.
    """
    found = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
    if len(found) != 1:
        raise LookupError(f"{len(found)} rows have {wanted}")
    return found[0]


def f1_of(row: dict[str, Any]) -> float:
    """Strict micro F1 of an evaluation."""
    return row["strict"]["micro"]["f1"]
