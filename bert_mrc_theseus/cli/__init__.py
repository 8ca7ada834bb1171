"""The command line: `bert-mrc-theseus COMMAND` or `python -m bert_mrc_theseus COMMAND`.

Each command lives in the module of its name and is a thin call of a plain function. Heavy libraries are imported inside the
commands, so that `--help` answers at once and preprocessing works without TensorFlow.

Exit status: 0 all well; 1 an error the user can act on; 2 wrong usage; 3 done, but some records could not be read.
"""

import sys

import typer
from rich.console import Console

from bert_mrc_theseus.cli import preprocess, train
from bert_mrc_theseus.errors import UserError

PARTIAL = 3
"""Exit status of a job that finished but had to leave out records that could not be read."""

app = typer.Typer(
    help="Chinese NER as machine reading comprehension, compressed with BERT-of-Theseus.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _main() -> None:
    pass


app.command("preprocess")(preprocess.preprocess)
app.command("train")(train.train)


def main() -> None:
    """Runs the command line; errors that a user can act on are printed without a traceback."""
    try:
        app()
    except UserError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
