"""`bert-mrc-theseus bench cold-start`: one sentence, from the start of the process."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import panels
from bert_mrc_theseus.cli.benchmarks.options import Report
from bert_mrc_theseus.cli.benchmarks.printing import show
from bert_mrc_theseus.outputs import check_output_files


def cold_start(
    model: Annotated[Path, typer.Argument(help="Model folder.", exists=True, file_okay=False)],
    rounds: Annotated[
        int, typer.Option(help="Runs of each engine; the median counts.", min=1, rich_help_panel=panels.MEASUREMENT)
    ] = 5,
    out: Report = None,
) -> None:
    """One sentence by `predict`, from the start of the process to the end of its output."""
    check_output_files([out])
    from bert_mrc_theseus.bench.cold_start import bench_cold_start

    show(bench_cold_start(model, rounds), out)
