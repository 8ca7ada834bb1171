"""`bert-mrc-theseus bench shared`: what shared layers save."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import panels
from bert_mrc_theseus.cli.benchmarks.options import Report, Rounds, Texts
from bert_mrc_theseus.cli.benchmarks.printing import show
from bert_mrc_theseus.cli.values import comma_list
from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.outputs import check_output_files


def shared(
    model: Annotated[
        Path, typer.Argument(help="A successor's model folder, such as RUN/stage2/best.", exists=True, file_okay=False)
    ],
    data: Texts,
    types: Annotated[
        str, typer.Option(help="Numbers of types, T, rising.", rich_help_panel=panels.MEASUREMENT)
    ] = "1,3,8,10,30",
    sentences: Annotated[
        int, typer.Option(help="Texts, the file's first.", min=1, rich_help_panel=panels.MEASUREMENT)
    ] = 60,
    int8: Annotated[
        bool, typer.Option("--int8", help="Dense layers in int8.", rich_help_panel=panels.MEASUREMENT)
    ] = False,
    rounds: Rounds = 3,
    out: Report = None,
) -> None:
    """What shared layers save: the same weights with 0, 1, ... S of them, by number of types."""
    check_output_files([out], [data])
    counts = sorted({int(count) for count in comma_list(types, int, "--types", 1)})
    from itertools import islice

    from bert_mrc_theseus.bench.shared_context import bench_shared
    from bert_mrc_theseus.model_files.model_folder import load_model
    from bert_mrc_theseus.text.interchange import read_documents

    texts = [document.text for document in islice((d for d in read_documents(data) if d.text), sentences)]
    if not texts:
        raise DataError("no texts", data)
    console = PlainConsole(stderr=True)
    show(bench_shared(load_model(model), texts, counts, rounds, int8, console.say), out)
