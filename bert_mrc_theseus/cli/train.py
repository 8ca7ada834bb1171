"""`bert-mrc-theseus train`: the three stages of training."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.cli.interruption import terminated_as_by_ctrl_c
from bert_mrc_theseus.cli.model_places import MODEL_PLACE
from bert_mrc_theseus.cli.settings_options import option_names, part_of, refuse_unread_words, takes_settings
from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import TrainingError, UsageError
from bert_mrc_theseus.files.places import check_place
from bert_mrc_theseus.model_files.hub import local_model
from bert_mrc_theseus.training.backend import check_backend
from bert_mrc_theseus.training.config import (
    STAGE_DEFAULTS,
    STAGE_SETTINGS,
    Distillation,
    NewPredecessor,
    Replacing,
    TrainingConfig,
    check_shared_layers,
    stage_config,
)
from bert_mrc_theseus.training.data import check_start

_SETTINGS = (NewPredecessor, TrainingConfig, Replacing, Distillation)
_READ_BY_SCHEDULE = {"base": "linear", "rate": "constant"}


@takes_settings(
    *_SETTINGS,
    defaults={
        name: ", ".join(f"{STAGE_DEFAULTS[stage][name]} in stage {stage}" for stage in STAGE_SETTINGS)
        for name in ("epochs", "learning_rate")
    },
)
def train(
    data: Annotated[
        Path,
        typer.Argument(
            help="Folder with train.jsonl, dev.jsonl, queries.toml (see preprocess).", exists=True, file_okay=False
        ),
    ],
    run: Annotated[
        Path, typer.Option(help="Run folder; each stage has a folder in it.", rich_help_panel=panels.STAGES)
    ],
    given: dict[str, Any],
    stage: Annotated[
        int | None,
        typer.Option(
            help="0: predecessor, 1: replacing, 2: successor.",
            min=0,
            max=2,
            autocompletion=complete.stages,
            rich_help_panel=panels.STAGES,
        ),
    ] = None,
    all_stages: Annotated[
        bool, typer.Option("--all", help="Stages 0, 1 and 2, one after the other.", rich_help_panel=panels.STAGES)
    ] = False,
    predecessor: Annotated[
        Path | None,
        typer.Option(
            help="Model folder, or hf:OWNER/NAME, that stage 1 starts from and that distillation learns from; default "
            "RUN/stage0/best.",
            **MODEL_PLACE,
            rich_help_panel=panels.STAGES,
        ),
    ] = None,
    successor: Annotated[
        Path | None,
        typer.Option(
            help="Model folder, or hf:OWNER/NAME, that stage 2 starts from, such as a pruned one; default RUN/stage1/best.",
            **MODEL_PLACE,
            rich_help_panel=panels.STAGES,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on where it stopped; finished stages are kept.", rich_help_panel=panels.STAGES
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Start the stage again; what it had is replaced when that is done.",
            rich_help_panel=panels.STAGES,
        ),
    ] = False,
    shared: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Train a predecessor (stage 0), replace its modules by a successor's (1), fine-tune the successor (2).

    A stage refuses options that it does not read. With --all, --shared-layers is about the successor.
    """
    if shared is not None:
        raise UsageError("--shared is now called --shared-layers")
    if (stage is None) != all_stages:
        raise UsageError("say either --stage 0, 1 or 2, or --all")
    stages = tuple(STAGE_SETTINGS) if stage is None else (stage,)
    _refuse_unread(stages, given)
    configs = {number: stage_config(number, **part_of(given, TrainingConfig)) for number in stages}
    replacing = Replacing(**part_of(given, Replacing)) if 1 in stages else Replacing()
    distillation = Distillation(**part_of(given, Distillation))
    # With all stages the number of shared layers is the successor's.
    of_predecessor = {name: v for name, v in given.items() if stage is not None or name != "shared_layers"}
    new = NewPredecessor(**part_of(of_predecessor, NewPredecessor)) if 0 in stages else NewPredecessor()
    if stage is None:
        check_shared_layers(new, replacing)
    refuse_unread_words(given)
    if predecessor is not None and 1 not in stages and not distillation:
        raise UsageError(
            "--predecessor is read by stage 1, and in stage 2 by distillation (--distill-logits, --distill-borders): leave it "
            "out"
        )
    if successor is not None and stage != 2:
        raise UsageError("--successor is read by --stage 2 alone: leave it out")
    if resume and overwrite:
        raise UsageError("--resume goes on with a stage, --overwrite starts it again: say one of the two")
    check_place(run / "x")
    if 0 in stages:
        check_start(data, new)
    check_backend(os.environ.get("KERAS_BACKEND"), given.get("devices", 1))
    if predecessor is not None:
        predecessor = local_model(predecessor)
    if successor is not None:
        successor = local_model(successor)
    with terminated_as_by_ctrl_c():
        import_tensorflow()
        from bert_mrc_theseus.training.stages import fine_tune_predecessor, fine_tune_successor, replace_modules

        more: dict[str, Any] = {"resume": resume, "overwrite": overwrite}
        for number, config in configs.items():
            if number == 0:
                result = fine_tune_predecessor(data, run, config, new, **more)
            elif number == 1:
                result = replace_modules(data, run, config, replacing, distillation, predecessor=predecessor, **more)
            else:
                result = fine_tune_successor(
                    data, run, config, distillation, predecessor=predecessor, successor=successor, **more
                )
            if result.finds_nothing and number != stages[-1]:
                raise TrainingError(
                    f"stage {number} finds no entity of dev ({result.best}): stage {number + 1} was not begun. When stage "
                    f"{number} has been trained again, with --overwrite, or to go on all the same, call the stages one by one"
                )


def _refuse_unread(stages: tuple[int, ...], given: dict[str, Any]) -> None:
    """Raises UserError for an option that none of the stages reads."""
    options = option_names(_SETTINGS)
    for name in given:
        readers = [number for number, settings in STAGE_SETTINGS.items() if name in option_names(settings)]
        if not set(readers) & set(stages):
            raise UsageError(
                f"{options[name]} is read by stage {' and '.join(map(str, readers))}, not by stage {stages[0]}: leave it out"
            )
        schedule = given.get("schedule", Replacing().schedule)
        if _READ_BY_SCHEDULE.get(name, schedule) != schedule:
            raise UsageError(
                f"{options[name]} is read by --schedule {_READ_BY_SCHEDULE[name]}, not by {schedule}: leave it out"
            )
