"""`bert-mrc-theseus average`: several trainings of a model -> one model."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli.model_places import MODEL_PLACE
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.output.terminal import PlainConsole


def average(
    models: Annotated[
        list[Path],
        typer.Argument(help="Model folders, or hf:OWNER/NAME, fine-tuned from the same start.", **MODEL_PLACE),
    ],
    out: Annotated[Path, typer.Option(help="Model folder to write; there must not be one.")],
) -> None:
    """Write the model whose weights are the mean of theirs; tune its thresholds afterwards (evaluate --tune)."""
    from bert_mrc_theseus.files.places import refuse_existing
    from bert_mrc_theseus.model_files.averaging import average_models
    from bert_mrc_theseus.model_files.hub import local_model
    from bert_mrc_theseus.model_files.model_folder import save_model

    if len(models) < 2:
        raise UsageError("the mean of one model is that model: name two or more")
    refuse_existing(out)
    save_model(out, average_models([local_model(model) for model in models]))
    PlainConsole(soft_wrap=True).say(f"mean of {len(models)} models -> {out}")
