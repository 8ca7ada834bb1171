"""`bert-mrc-theseus queries`: what is wrong with a query file."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import complete
from bert_mrc_theseus.cli.given_values import CheckedCommand
from bert_mrc_theseus.cli.help import HelpfulGroup
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.text.schema import DEFAULT_STYLE

app = typer.Typer(cls=HelpfulGroup, help="Query files: check them before training.", no_args_is_help=True)


@app.callback()
def queries() -> None:
    """Query files: check them before training."""


@app.command(cls=CheckedCommand)
def check(
    file: Annotated[
        Path, typer.Argument(help="Query file (TOML), such as DATA/queries.toml.", exists=True, dir_okay=False)
    ],
    data: Annotated[
        Path | None, typer.Option(help="Training data: a data folder, or a JSONL file.", exists=True)
    ] = None,
    style: Annotated[
        str, typer.Option(help="Which text is the query: short, query ...", autocompletion=complete.styles)
    ] = DEFAULT_STYLE,
    context_position: Annotated[int, typer.Option(help="Position of the context's first character.", min=3)] = 32,
) -> None:
    """Duplicate queries, overly long ones, types that the training data lack. Exit status 1 if something is fatal."""
    from bert_mrc_theseus.text.interchange import read_documents
    from bert_mrc_theseus.text.query_check import check_queries
    from bert_mrc_theseus.text.schema import read_queries

    schema = read_queries(file, style)
    documents = None if data is None else read_documents(data / "train.jsonl" if data.is_dir() else data)
    findings = check_queries(schema, documents, context_position)
    console = PlainConsole(soft_wrap=True)
    for finding in findings:
        style_name = "red" if finding.fatal else "yellow"
        console.print(f"{finding.type} {translated(finding.problem)}", style=style_name)
    if not findings:
        console.say(f"{len(schema.types)} types, nothing to complain about")
    if any(finding.fatal for finding in findings):
        raise typer.Exit(1)
