"""The command line: `bert-mrc-theseus COMMAND` or `python -m bert_mrc_theseus COMMAND`.

Each command lives in the module of its name and is a thin call of plain functions. Heavy libraries are imported inside the
commands, so that `--help` answers at once and preprocessing works without TensorFlow.

Exit status: 0 all well; 1 an error the user can act on; 2 wrong usage; 3 done, but some records could not be read.
"""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

import bert_mrc_theseus
from bert_mrc_theseus.cli import (
    augment,
    average,
    bench,
    compare,
    evaluate,
    export,
    predict,
    preprocess,
    queries,
    report,
    train,
)
from bert_mrc_theseus.errors import UserError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("preprocess")(preprocess.preprocess)
app.command("augment")(augment.augment)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("predict")(predict.predict)
app.command("average")(average.average)
app.command("export")(export.export)
app.command("report")(report.report)
app.add_typer(queries.app, name="queries")
app.add_typer(bench.app, name="bench")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bert-mrc-theseus {bert_mrc_theseus.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Chinese NER as machine reading comprehension, compressed with BERT-of-Theseus."""


def main() -> None:
    """Runs the command line; errors that a user can act on are printed without a traceback."""
    try:
        app()
    except UserError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of a pipe has gone; without this, Python would complain again while shutting down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
