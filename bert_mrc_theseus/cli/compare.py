"""`bert-mrc-theseus compare`: ways to compress a predecessor, side by side."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.cli.interruption import terminated_as_by_ctrl_c
from bert_mrc_theseus.cli.settings_options import part_of, refuse_unread_words, takes_settings
from bert_mrc_theseus.cli.values import comma_list, split_file
from bert_mrc_theseus.comparison.methods import Candidate, Settings, parse_candidate, stage_plans
from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.outputs import check_work_folder
from bert_mrc_theseus.training.backend import check_backend
from bert_mrc_theseus.training.config import NewPredecessor, TrainingConfig
from bert_mrc_theseus.training.data import check_start
from bert_mrc_theseus.training.progress import ConsoleProgress

_TRAINING = ("token_budget", "loss", "negative_ratio", "by_text", "dropout", "mixed_bfloat16", "devices")
_NEW = ("encoder", "queries", "window", "context_position", "shared_layers", "words", "top_layers", "lexicon")


def _joined(values: Sequence[Any]) -> str:
    return ",".join(map(str, values))


@takes_settings(NewPredecessor, TrainingConfig, only=(*_NEW, *_TRAINING))
def compare(
    data: Annotated[
        Path,
        typer.Argument(help="Data folder with train, dev and test (see preprocess).", exists=True, file_okay=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for models and results; what is finished in it is kept.", rich_help_panel=panels.OUTPUT
        ),
    ],
    given: dict[str, Any],
    methods: Annotated[
        str,
        typer.Option(
            help="Separated by commas: METHOD[-LAYERS][:SHARED][xTIMES], without LAYERS for all --layers; see docs.",
            autocompletion=complete.methods,
            rich_help_panel=panels.COMPARISON,
        ),
    ] = "linear,constant,one-stage,first",
    layers: Annotated[
        str, typer.Option(help="Layers of the successors, separated by commas.", rich_help_panel=panels.COMPARISON)
    ] = "6",
    seeds: Annotated[
        str, typer.Option(help="Each seed trains a predecessor and all methods.", rich_help_panel=panels.COMPARISON)
    ] = "42",
    epochs: Annotated[
        str, typer.Option(help="Epochs of stages 0, 1 and 2.", rich_help_panel=panels.COMPARISON)
    ] = _joined(Settings.epochs),
    learning_rates: Annotated[
        str, typer.Option(help="Learning rates of stages 0, 1 and 2.", rich_help_panel=panels.COMPARISON)
    ] = _joined(Settings.learning_rates),
    texts: Annotated[
        int, typer.Option(help="Test texts for measuring speed; 0: do not.", min=0, rich_help_panel=panels.COMPARISON)
    ] = 60,
) -> None:
    """Train predecessors and successors by several methods; one table of F1, retention, speed, size and time."""
    numbers = comma_list(layers, int, "--layers")
    wanted = [c for text in comma_list(methods, str, "--methods") for c in parse_candidate(text, numbers)]
    settings = Settings(
        _three(epochs, int, "--epochs"),
        _three(learning_rates, float, "--learning-rates"),
        NewPredecessor(**part_of(given, NewPredecessor)),
        TrainingConfig(**part_of(given, TrainingConfig)),
    )
    refuse_unread_words(given)
    chosen_seeds = comma_list(seeds, int, "--seeds")
    check_backend(os.environ.get("KERAS_BACKEND"), given.get("devices", 1))
    for seed in chosen_seeds:
        for candidate in [Candidate("predecessor"), *wanted]:
            stage_plans(candidate, seed, settings)
    split_file(data, "test")
    check_work_folder(out, ("seed*", "compare.json"))
    check_start(data, settings.new)
    import_tensorflow()
    from bert_mrc_theseus.comparison.compare import compare as run
    from bert_mrc_theseus.comparison.table import COLUMNS, markdown

    with terminated_as_by_ctrl_c():
        rows = run(data, out, wanted, chosen_seeds, settings, ConsoleProgress(), texts)
    with atomic_write(out / "compare.md") as stream:
        stream.write(markdown(rows))
    table = Table(*map(translated, COLUMNS))
    for row in rows:
        table.add_row(*(translated(cell(row)) for cell in COLUMNS.values()))
    console = PlainConsole()
    (console if console.width >= 120 else PlainConsole(width=140)).print(table)


def _three(text: str, kind: type, option: str) -> tuple:
    values = comma_list(text, kind, option)
    if len(values) != 3:
        raise UsageError(f"{option} takes three values, for stages 0, 1 and 2. Received: {text!r}")
    return tuple(values)
