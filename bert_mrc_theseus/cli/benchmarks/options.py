"""Options that several benchmarks have."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import panels

Texts = Annotated[
    Path,
    typer.Option(
        "--data",
        help="JSONL file with the texts, such as DATA/test.jsonl.",
        exists=True,
        dir_okay=False,
        rich_help_panel=panels.INPUT,
    ),
]
Rounds = Annotated[
    int, typer.Option(help="Timed rounds; the fastest counts.", min=1, rich_help_panel=panels.MEASUREMENT)
]
Report = Annotated[Path | None, typer.Option("--out", help="JSON report to write.", rich_help_panel=panels.OUTPUT)]
