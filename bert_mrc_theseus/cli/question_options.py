"""Options that say what is looked for in texts: the same in every command that predicts."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import complete, panels

Queries = Annotated[
    Path | None,
    typer.Option(
        help="Query file with the types to look for, instead of the model's own.",
        exists=True,
        dir_okay=False,
        rich_help_panel=panels.LOOKED_FOR,
    ),
]
Style = Annotated[
    str,
    typer.Option(
        help="Which text of --queries is the query: short, query ...",
        autocompletion=complete.styles,
        rich_help_panel=panels.LOOKED_FOR,
    ),
]
Types = Annotated[
    str | None,
    typer.Option(
        help="Names of the types to look for, separated by commas; default: all.",
        autocompletion=complete.types_of_model,
        rich_help_panel=panels.LOOKED_FOR,
    ),
]
Nested = Annotated[
    bool, typer.Option("--nested", help="Entities may overlap, see docs/nested.md.", rich_help_panel=panels.LOOKED_FOR)
]
Threshold = Annotated[
    float | None,
    typer.Option(
        help="Smallest start and end probability, instead of the model's.",
        min=0,
        max=1,
        rich_help_panel=panels.LOOKED_FOR,
    ),
]
