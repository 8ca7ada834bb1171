"""Options that say what is looked for in texts: the same in every command that predicts."""

from pathlib import Path
from typing import Annotated

import typer

Queries = Annotated[
    Path | None,
    typer.Option(
        help="Query file with the types to look for, instead of the model's own.", exists=True, dir_okay=False
    ),
]
Style = Annotated[str, typer.Option(help="Which text of --queries is the query: short, query ...")]
Types = Annotated[str | None, typer.Option(help="Names of the types to look for, separated by commas; default: all.")]
Nested = Annotated[bool, typer.Option("--nested", help="Entities may overlap, see docs/nested.md.")]
Threshold = Annotated[
    float | None, typer.Option(help="Smallest start and end probability, instead of the model's.", min=0, max=1)
]
