"""`bert-mrc-theseus bench scaling`: time and memory by the size of a file."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import panels
from bert_mrc_theseus.cli.benchmarks.options import Report, Texts
from bert_mrc_theseus.cli.benchmarks.printing import show
from bert_mrc_theseus.cli.values import comma_list
from bert_mrc_theseus.outputs import check_output_files


def scaling(
    data: Texts,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Model folder; default: a tiny random model.",
            exists=True,
            file_okay=False,
            rich_help_panel=panels.MODEL,
        ),
    ] = None,
    megabytes: Annotated[
        str, typer.Option(help="Sizes of the text files.", rich_help_panel=panels.MEASUREMENT)
    ] = "0.1,1,10",
    out: Report = None,
) -> None:
    """Text files of several sizes by `predict`: time should grow with them, memory not."""
    check_output_files([out], [data])
    sizes = comma_list(megabytes, float, "--megabytes", 0.001)
    from bert_mrc_theseus.bench.scaling import bench_scaling
    from bert_mrc_theseus.text.interchange import read_documents

    texts = [document.text for document in read_documents(data) if document.text]
    show(bench_scaling(model, texts, sizes), out)
