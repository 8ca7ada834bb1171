"""`bert-mrc-theseus compare`: ways to compress a predecessor, side by side."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.text.schema import DEFAULT_STYLE


def compare(
    data: Annotated[Path, typer.Argument(help="Data folder with train, dev and test (see preprocess).")],
    out: Annotated[Path, typer.Option(help="Folder for models and results; what is finished in it is kept.")],
    methods: Annotated[
        str,
        typer.Option(
            help="Separated by commas: METHOD[-LAYERS][:SHARED][xTIMES], without LAYERS for all --layers; see docs."
        ),
    ] = "linear,constant,one-stage,first",
    layers: Annotated[str, typer.Option(help="Layers of the successors.")] = "6",
    seeds: Annotated[str, typer.Option(help="Each trains a predecessor and all methods.")] = "42",
    epochs: Annotated[str, typer.Option(help="Of stages 0, 1 and 2.")] = "3,2,2",
    learning_rates: Annotated[str, typer.Option(help="Of stages 0, 1 and 2.")] = "1.5e-4,1.5e-4,1e-4",
    encoder: Annotated[str, typer.Option(help="e5-small-zh, or the folder of a BERT.")] = "e5-small-zh",
    queries: Annotated[str, typer.Option(help="Which text of queries.toml to ask: short, query ...")] = DEFAULT_STYLE,
    window: Annotated[int | None, typer.Option(help="Characters of a window; default 254.")] = None,
    context_position: Annotated[
        int | None, typer.Option(help="Position of the context's first character; default 32.", min=3)
    ] = None,
    tokens: Annotated[int, typer.Option(help="Tokens of a batch.")] = 1024,
    loss: Annotated[str, typer.Option(help="focal, bce or dice; predecessor-bce and -dice have their own.")] = "focal",
    negative_ratio: Annotated[float, typer.Option(help="Empty (text, type) pairs per pair with entities.")] = 1.0,
    by_text: Annotated[
        bool, typer.Option("--by-text", help="All pairs of a text in one batch: shared layers run once for them.")
    ] = False,
    dropout: Annotated[float, typer.Option(help="Of hidden states and attention.")] = 0.1,
    bfloat16: Annotated[bool, typer.Option("--bfloat16", help="Matrix products in bfloat16.")] = False,
    texts: Annotated[int, typer.Option(help="Test texts for measuring speed; 0: do not.", min=0)] = 60,
) -> None:
    """Train predecessors and successors by several methods; one table of F1, retention, speed, size and time."""
    numbers = [int(part) for part in layers.split(",")]
    import_tensorflow()
    from bert_mrc_theseus.comparison.compare import COLUMNS, markdown
    from bert_mrc_theseus.comparison.compare import compare as run
    from bert_mrc_theseus.comparison.methods import Settings, parse_model
    from bert_mrc_theseus.files import atomic_write

    wanted = [model for text in methods.split(",") if text for model in parse_model(text, numbers)]
    settings = Settings(
        _three(epochs, int, "--epochs"),
        _three(learning_rates, float, "--learning-rates"),
        queries,
        encoder,
        window,
        context_position,
        {
            "token_budget": tokens,
            "loss": loss,
            "negative_ratio": negative_ratio,
            "by_text": by_text,
            "dropout": dropout,
            "mixed_bfloat16": bfloat16,
        },
    )
    rows = run(data, out, wanted, [int(seed) for seed in seeds.split(",")], settings, Console(stderr=True), texts)
    with atomic_write(out / "compare.md") as stream:
        stream.write(markdown(rows))
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*(cell(row) for cell in COLUMNS.values()))
    console = Console()
    (console if console.width >= 120 else Console(width=140)).print(table)


def _three(text: str, kind: type, option: str) -> tuple:
    parts = text.split(",")
    if len(parts) != 3:
        raise UserError(f"{option} takes three values, for stages 0, 1 and 2. Received: {text!r}")
    return tuple(kind(part) for part in parts)
