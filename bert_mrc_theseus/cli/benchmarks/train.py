"""`bert-mrc-theseus bench train`: steps of training, beside PyTorch."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import panels
from bert_mrc_theseus.cli.benchmarks.options import Report, Rounds
from bert_mrc_theseus.cli.benchmarks.printing import show
from bert_mrc_theseus.cli.values import check_names
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.outputs import check_output_files


def train(
    model: Annotated[
        Path,
        typer.Argument(help="The predecessor's model folder, such as RUN/stage0/best.", exists=True, file_okay=False),
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="JSONL file of training documents, such as DATA/train.jsonl.",
            exists=True,
            dir_okay=False,
            rich_help_panel=panels.INPUT,
        ),
    ],
    steps: Annotated[int, typer.Option(help="Batches a round.", min=1, rich_help_panel=panels.MEASUREMENT)] = 8,
    tokens: Annotated[int, typer.Option(help="Tokens of a batch.", min=1, rich_help_panel=panels.MEASUREMENT)] = 2048,
    rounds: Rounds = 3,
    contenders: Annotated[
        str | None,
        typer.Option(help="Which, separated by semicolons; default: all.", rich_help_panel=panels.MEASUREMENT),
    ] = None,
    out: Report = None,
) -> None:
    """Optimisation steps of the three stages, beside PyTorch with the same encoder."""
    check_output_files([out], [data])
    from bert_mrc_theseus.bench.train_worker import TRAINERS

    names = list(TRAINERS) if contenders is None else contenders.split(";")
    check_names(names, TRAINERS, "--contenders")
    from bert_mrc_theseus.bench.train import bench_train
    from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
    from bert_mrc_theseus.model_files.model_folder import load_spec
    from bert_mrc_theseus.text.interchange import read_documents

    import_tensorflow()
    spec = load_spec(model)
    if spec.config.shares_all:
        raise UserError(f"{model} reads query and context apart; bench train measures models that read them together")
    examples = spec.examples(list(read_documents(data)))
    console = PlainConsole(stderr=True)
    report = bench_train(model, examples, steps, tokens, rounds, console.say, names)
    show(report, out)
