"""The three stages of training, from a data folder and an encoder (or the stage before) to a model folder.

Each goes on where it was interrupted; where it leaves what: `model_files.run_folder`. After stage 0 queries, windows and heads
are the model's: of a data folder's queries.toml only the types' names count then.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.evaluation.metrics import Scores, strict_scores
from bert_mrc_theseus.model.variables import tensors_of
from bert_mrc_theseus.model_files.model_folder import ModelSpec, SavedModel, save_model
from bert_mrc_theseus.model_files.run_folder import STAGES, RunFolder, StageFolder
from bert_mrc_theseus.model_files.training_record import record_from_dict
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.provenance import command_line, versions, write_json
from bert_mrc_theseus.text.schema import NAME
from bert_mrc_theseus.training.backend import check_backend
from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig, settings_record
from bert_mrc_theseus.training.data import TrainingData, load_data
from bert_mrc_theseus.training.loop import Task, fit
from bert_mrc_theseus.training.progress import ConsoleProgress, Progress
from bert_mrc_theseus.training.resume import TrainingState, refuse_changes
from bert_mrc_theseus.training.starting_point import (
    Origin,
    Prepared,
    encoder_origin,
    lone_successor,
    model_origin,
    new_predecessor,
    replaced_predecessor,
)


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage made.

    Attributes:
        best: the model folder of its best model.
        best_f1: strict dev F1 of that.
        steps: optimisation steps.
        minutes: of training.
        finds_nothing: dev has entities, and the best model finds none of them.
    """

    best: Path
    best_f1: float
    steps: int
    minutes: float
    finds_nothing: bool = False


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

    def load() -> tuple[TrainingData, Origin]:
        data = load_data(data_folder, new.queries)
        return data, encoder_origin(data, new)

    def prepare(data: TrainingData, origin: Origin) -> Prepared:
        return new_predecessor(origin, data, config)

    folder = RunFolder(run).stage(0)
    return _run(folder, config, settings_record(config), load, prepare, resume, overwrite, progress)


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

    def load() -> tuple[TrainingData, Origin]:
        data = load_data(data_folder, NAME)
        return data, model_origin(1, data, source, starts_from)

    def prepare(data: TrainingData, origin: Origin) -> Prepared:
        return replaced_predecessor(origin, data, config, replacing, distillation)

    settings = settings_record(config, replacing, distillation)
    return _run(RunFolder(run).stage(1), config, settings, load, prepare, resume, overwrite, progress)


def fine_tune_successor(
    data_folder: Path,
    run: Path,
    config: TrainingConfig,
    distillation: Distillation = Distillation(),
    *,
    predecessor: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> StageResult:
    """Stage 2: fine-tunes the run's successor alone.

    Args:
        data_folder: with train.jsonl, dev.jsonl and queries.toml.
        run: the run folder, with stage1/best.
        config: settings.
        distillation: how much the predecessor teaches.
        predecessor: model folder of the teacher; by default the run's stage0/best.
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

    def load() -> tuple[TrainingData, Origin]:
        data = load_data(data_folder, NAME)
        teacher = (predecessor or folders.stage(0).best) if distillation else None
        return data, model_origin(2, data, folders.stage(1).best, "stage1/best", teacher)

    def prepare(data: TrainingData, origin: Origin) -> Prepared:
        return lone_successor(origin, data, config, distillation)

    settings = settings_record(config, distillation=distillation)
    return _run(folders.stage(2), config, settings, load, prepare, resume, overwrite, progress)


def _run(
    folder: StageFolder,
    config: TrainingConfig,
    settings: dict[str, Any],
    load: Callable[[], tuple[TrainingData, Origin]],
    prepare: Callable[[TrainingData, Origin], Prepared],
    resume: bool,
    overwrite: bool,
    progress: Progress | None,
) -> StageResult:
    """Trains what `prepare` makes of what `load` gives, keeps its best model, and writes down how."""
    progress = progress or ConsoleProgress()
    title = f"stage {folder.number}"
    if resume and overwrite:
        raise UserError("--resume goes on with a stage, --overwrite starts it again: say one of the two")
    check_backend(keras.backend.backend())
    _refuse_unwritable(folder.path.parent)
    folder.settle()
    # What an interrupted --overwrite began is what there is to go on with.
    begun = folder.anew if folder.anew.path.exists() else folder
    if begun.path.exists() and not resume and not overwrite:
        raise UserError(f"{begun.path} exists already: --resume goes on with it, --overwrite starts again")
    with _dtype_policy("mixed_bfloat16" if config.mixed_bfloat16 else "float32"):
        data, origin = load()
        if resume and (done := begun.report()) is not None:
            now = _fingerprint(folder.number, settings, origin, origin.model.spec, data)
            if folder.number == 0 and now["match"] and done.content.get("match"):
                # The longest span of the same data is the same; to find it they would all have to be read.
                now["match"] = done.content["match"]
            refuse_changes(begun.report_file, done.content, now, progress, title)
            begun.clear()
            progress.say(f"{title} is done: {folder.best}")
            return StageResult(
                folder.best, done.best_f1, done.steps, done.minutes, _finds_nothing(done.content.get("history", []))
            )
        prepared = prepare(data, origin)
        place = folder.anew if overwrite and folder.path.exists() else begun
        with place.alone():
            if overwrite:
                # Not before: data, encoder and settings may be refused.
                place.empty()
            if place is not folder:
                progress.say(f"{title} is trained in {place.path}, and replaces {folder.path} when it is done")
            try:
                state = _fit(place, config, settings, data, origin, prepared, resume, progress)
            except KeyboardInterrupt:
                kept = "its last checkpoint is kept" if place.checkpoint.is_file() else "it had no checkpoint yet"
                progress.warn(f"{title} was interrupted; {kept}: --resume goes on")
                raise
    folder.settle()
    finds_nothing = _finds_nothing(state.history)
    result = StageResult(folder.best, state.best_f1, state.step, round(state.seconds / 60.0, 2), finds_nothing)
    if finds_nothing:
        progress.warn(
            f"{title}: the best model finds no entity of dev. Train longer, lower the learning rate "
            f"(now {config.learning_rate}), or check that the queries fit the data."
        )
    progress.say(
        f"{title}: best strict dev F1 {state.best_f1:.4f} at step {state.best_step}, {result.minutes:.1f} minutes -> "
        f"{folder.best}"
    )
    return result


def _refuse_unwritable(run: Path) -> None:
    """Raises UserError, before anything costly, if nothing can be written in a run folder that may not be there yet."""
    there = next(path for path in (run, *run.absolute().parents) if os.path.exists(path))
    if not there.is_dir():
        raise UserError(f"{there} is no folder: name another run folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{there} is not writable: name another run folder")


def _finds_nothing(history: list[dict[str, Any]]) -> bool:
    """Whether dev has entities and no evaluation found one."""
    return bool(history) and all(each["micro"]["support"] and not each["micro"]["correct"] for each in history)


def _fingerprint(
    stage: int, settings: dict[str, Any], origin: Origin, before: ModelSpec, data: TrainingData
) -> dict[str, Any]:
    """What a stage depends on.

    Args:
        stage: its number.
        settings: as `settings_record` has them.
        origin: what it starts from.
        before: its spec, for stage 0 with the match head as it will be.
        data: for training.
    """
    return {
        "stage": stage,
        **settings,
        "encoder": asdict(before.config.encoder),
        "queries": {item.name: item.query for item in before.schema.types},
        "window": asdict(before.window),
        "shared": asdict(before.config.shared),
        "match": None if before.config.match is None else asdict(before.config.match),
        "data": data.checksums,
        **origin.checksums(),
    }


def _fit(
    folder: StageFolder,
    config: TrainingConfig,
    settings: dict[str, Any],
    data: TrainingData,
    origin: Origin,
    prepared: Prepared,
    resume: bool,
    progress: Progress,
) -> TrainingState:
    spec, before = prepared.spec, prepared.before
    dev = spec.examples(data.dev)
    fingerprint = _fingerprint(folder.number, settings, origin, before, data)
    record: dict[str, Any] = {
        **fingerprint,
        "starts_from": origin.name,
        "versions": versions(),
        "command": command_line(),
        "clipped": {"train": prepared.train.clipped, "dev": dev.clipped},
    }
    if prepared.train.clipped:
        progress.say(
            f"{prepared.train.clipped} training entities are longer than a window holds: their ends are learnt apart"
        )

    def evaluate() -> Scores:
        decoding = spec.decoding(nested=spec.config.match is not None)
        predicted = predict_documents(prepared.engine, data.dev, dev, spec.schema, spec.thresholds, decoding)
        return strict_scores(data.dev, predicted, spec.schema.names)

    def keep(state: TrainingState) -> None:
        scores = {"step": state.best_step, "dev": state.history[-1], "before": before.record.scores}
        best = replace(spec, record=record_from_dict({**record, "scores": scores}))
        save_model(folder.best, SavedModel(best, tensors_of(prepared.weights())))

    def begin() -> None:
        folder.clear()
        write_json(folder.settings, record)

    title = f"stage {folder.number}"
    progress.say(f"{title}: {STAGES[folder.number]}")
    task = Task(
        title,
        prepared.model,
        prepared.train,
        evaluate,
        keep,
        fingerprint,
        prepared.replacing,
        prepared.new_heads,
        prepared.teacher,
        begin,
    )
    state = fit(task, config, folder, progress, resume)
    write_json(
        folder.report_file,
        {
            **record,
            "best_step": state.best_step,
            "steps": state.step,
            "best_f1": state.best_f1,
            "minutes": round(state.seconds / 60.0, 2),
            "history": state.history,
        },
    )
    folder.clear()
    return state


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    """Keras' global policy for the layers that are made meanwhile; what it was before comes back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
