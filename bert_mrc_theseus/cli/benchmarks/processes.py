"""`bert-mrc-theseus bench processes`: one process, several, and a Ray cluster on the same texts."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import panels
from bert_mrc_theseus.cli.benchmarks.options import Report
from bert_mrc_theseus.cli.benchmarks.printing import show
from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.outputs import check_output_files


def processes(
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="Text, JSONL or gz files, or folders of them.")],
    model: Annotated[
        Path | None,
        typer.Option(
            "-m",
            "--model",
            help="Model folder; default: ner-zh-small.",
            exists=True,
            file_okay=False,
            rich_help_panel=panels.MODEL,
        ),
    ] = None,
    sentences: Annotated[
        int, typer.Option(help="Texts, the first ones.", min=2, rich_help_panel=panels.MEASUREMENT)
    ] = 20_000,
    workers: Annotated[
        int, typer.Option(help="Processes, and actors.", min=1, max=1024, rich_help_panel=panels.MEASUREMENT)
    ] = 2,
    ray: Annotated[
        bool, typer.Option("--ray", help="Also on a Ray cluster of this machine.", rich_help_panel=panels.MEASUREMENT)
    ] = False,
    out: Report = None,
) -> None:
    """The same texts by `predict` alone, by its workers, and by `predict-ray`: equal, how fast, and what the parent does."""
    check_output_files([out], data)
    from itertools import islice

    from bert_mrc_theseus.bench.processes import bench_processes
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.prediction.input_files import find_inputs
    from bert_mrc_theseus.prediction.inputs import read_inputs

    console = PlainConsole(stderr=True)
    documents = read_inputs(find_inputs(data), lambda error: console.say(f"skipped: {error}"))
    texts = list(islice((document.text for document in documents if document.text), sentences))
    if len(texts) < 2:
        raise DataError("less than two texts", data[0])
    show(bench_processes(model or bundled_model(), texts, workers, ray), out)
