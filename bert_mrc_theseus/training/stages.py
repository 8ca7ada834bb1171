"""The three stages of training, from a data folder and an encoder (or the stage before) to a model folder.

Each goes on where it was interrupted; where it leaves what: `model_files.run_folder`. After stage 0 queries, windows and heads
are the model's: of a data folder's queries.toml only the types' names count then.
"""

from functools import partial
from pathlib import Path

from bert_mrc_theseus.model_files.run_folder import RunFolder
from bert_mrc_theseus.text.schema import NAME
from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig, settings_record
from bert_mrc_theseus.training.data import load_data
from bert_mrc_theseus.training.progress import Progress
from bert_mrc_theseus.training.run_stage import Stage, StageResult, run_stage
from bert_mrc_theseus.training.starting_point import (
    encoder_origin,
    lone_successor,
    model_origin,
    new_predecessor,
    replaced_predecessor,
)


def fine_tune_predecessor(
    data_folder: Path,
    run: Path,
    config: TrainingConfig,
    new: NewPredecessor = NewPredecessor(),
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> StageResult:
    """Stage 0: fine-tunes an encoder with fresh heads.

    Args:
        data_folder: with train.jsonl, dev.jsonl and queries.toml.
        run: the run folder.
        config: settings.
        new: what the predecessor is made of.
        resume: go on where the stage stopped, or start it; a finished stage is left as it is.
        overwrite: start again; what the stage had is replaced when that is done, see `run_folder`.
        progress: is told; default: standard error.

    Raises:
        UserError: the stage was begun before and neither `resume` nor `overwrite` is set, or both are; or see what it calls.
        ModelError: what the stage was begun with is not what it is resumed with.

    Example:
        >>> from pathlib import Path
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.training.progress import Silence
        >>> new = bmt.training.NewPredecessor("bert", window=80, context_position=16)
        >>> config = bmt.training.stage_config(0, epochs=1)
        >>> result = bmt.training.fine_tune_predecessor(
        ...     Path("data"), Path("new-run"), config, new, progress=Silence()
        ... )
        >>> result.best.as_posix()
        'new-run/stage0/best'
    """
    stage = Stage(
        RunFolder(run).stage(0),
        config,
        settings_record(config),
        partial(load_data, data_folder, new.queries),
        lambda data: encoder_origin(data, new),
        lambda data, origin: new_predecessor(origin, data, config),
    )
    return run_stage(stage, resume, overwrite, progress)


def replace_modules(
    data_folder: Path,
    run: Path,
    config: TrainingConfig,
    replacing: Replacing = Replacing(),
    distillation: Distillation = Distillation(),
    *,
    predecessor: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> StageResult:
    """Stage 1: replaces a predecessor's modules by a successor's layers (Xu et al., 2020).

    Args:
        data_folder: with train.jsonl, dev.jsonl and queries.toml.
        run: the run folder.
        config: settings.
        replacing: the successor's shape and the replace rate.
        distillation: how much the predecessor also teaches.
        predecessor: model folder; by default the run's stage0/best.
        resume, overwrite, progress: see `fine_tune_predecessor`.

    Raises:
        UserError: see `fine_tune_predecessor`.

    Example:
        >>> from pathlib import Path
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.training.progress import Silence
        >>> replacing, config = bmt.training.Replacing(modules=2), bmt.training.stage_config(1, epochs=1)
        >>> result = bmt.training.replace_modules(
        ...     Path("data"), Path("run"), config, replacing, overwrite=True, progress=Silence()
        ... )
        >>> result.steps > 0
        True
    """
    starts_from = "stage0/best" if predecessor is None else str(predecessor)
    source = predecessor or RunFolder(run).stage(0).best
    stage = Stage(
        RunFolder(run).stage(1),
        config,
        settings_record(config, replacing, distillation),
        partial(load_data, data_folder, NAME),
        lambda data: model_origin(1, data, source, starts_from),
        lambda data, origin: replaced_predecessor(origin, data, config, replacing, distillation),
    )
    return run_stage(stage, resume, overwrite, progress)


def fine_tune_successor(
    data_folder: Path,
    run: Path,
    config: TrainingConfig,
    distillation: Distillation = Distillation(),
    *,
    predecessor: Path | None = None,
    successor: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> StageResult:
    """Stage 2: fine-tunes a successor alone.

    Args:
        data_folder: with train.jsonl, dev.jsonl and queries.toml.
        run: the run folder.
        config: settings.
        distillation: how much the predecessor teaches.
        predecessor: model folder of the teacher; by default the run's stage0/best.
        successor: model folder that the stage starts from; by default the run's stage1/best.
        resume, overwrite, progress: see `fine_tune_predecessor`.

    Raises:
        UserError: see `fine_tune_predecessor`.

    Example:
        >>> from pathlib import Path
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.training.progress import Silence
        >>> config = bmt.training.stage_config(2, epochs=1)
        >>> result = bmt.training.fine_tune_successor(
        ...     Path("data"), Path("run"), config, overwrite=True, progress=Silence()
        ... )
        >>> 0.0 <= result.best_f1 <= 1.0
        True
    """
    folders = RunFolder(run)
    teacher = (predecessor or folders.stage(0).best) if distillation else None
    starts_from = "stage1/best" if successor is None else str(successor)
    source = successor or folders.stage(1).best
    stage = Stage(
        folders.stage(2),
        config,
        settings_record(config, distillation=distillation),
        partial(load_data, data_folder, NAME),
        lambda data: model_origin(2, data, source, starts_from, teacher),
        lambda data, origin: lone_successor(origin, data, config, distillation),
    )
    return run_stage(stage, resume, overwrite, progress)
