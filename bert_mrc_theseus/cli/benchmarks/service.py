"""`bert-mrc-theseus bench service`: the HTTP service under load."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import panels
from bert_mrc_theseus.cli.benchmarks.options import Report, Rounds, Texts
from bert_mrc_theseus.cli.benchmarks.printing import show
from bert_mrc_theseus.cli.values import comma_list
from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.outputs import check_output_files


def service(
    data: Texts,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Model folder; default: ner-zh-small.", exists=True, file_okay=False, rich_help_panel=panels.MODEL
        ),
    ] = None,
    requests: Annotated[
        int,
        typer.Option(
            help="Requests of a round, one text each.", min=1, max=1_000_000, rich_help_panel=panels.MEASUREMENT
        ),
    ] = 1000,
    clients: Annotated[
        str, typer.Option(help="Numbers of clients at once.", rich_help_panel=panels.MEASUREMENT)
    ] = "1,10,50",
    rounds: Rounds = 2,
    memory_requests: Annotated[
        int,
        typer.Option(
            help="Requests in which memory should not grow; 0: none.",
            min=0,
            max=1_000_000,
            rich_help_panel=panels.MEASUREMENT,
        ),
    ] = 20_000,
    out: Report = None,
) -> None:
    """The HTTP service under load, beside an Extractor on the same texts: failures, wrong answers, speed, memory."""
    check_output_files([out], [data])
    counts = comma_list(clients, int, "--clients")
    from bert_mrc_theseus.bench.service import bench_service
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.text.interchange import read_documents

    if not all(1 <= count <= 1000 for count in counts):
        raise UsageError(f"--clients takes numbers from 1 to 1000. Received: {clients!r}")
    texts = [document.text for document in read_documents(data) if document.text]
    if not texts:
        raise DataError("no texts", data)
    console = PlainConsole(stderr=True)
    report = bench_service(model or bundled_model(), texts, requests, counts, rounds, memory_requests, console.say)
    show(report, out)
    if report["memory"]:
        show({"rows": report["memory"]}, None)
