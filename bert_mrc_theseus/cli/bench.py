"""`bert-mrc-theseus bench`: comparisons of speed, each in one run; the commands are in `benchmarks`."""

import typer

from bert_mrc_theseus.cli.benchmarks.cold_start import cold_start
from bert_mrc_theseus.cli.benchmarks.peers import peers
from bert_mrc_theseus.cli.benchmarks.predict import predict
from bert_mrc_theseus.cli.benchmarks.processes import processes
from bert_mrc_theseus.cli.benchmarks.scaling import scaling
from bert_mrc_theseus.cli.benchmarks.service import service
from bert_mrc_theseus.cli.benchmarks.shared import shared
from bert_mrc_theseus.cli.benchmarks.train import train
from bert_mrc_theseus.cli.given_values import CheckedCommand
from bert_mrc_theseus.cli.help import HelpfulGroup

app = typer.Typer(cls=HelpfulGroup, help="Compare speed: engines, models, numbers of types.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Compare speed: engines, models, numbers of types."""


for command in (predict, train, cold_start, scaling, processes, shared, service, peers):
    app.command(cls=CheckedCommand)(command)
