"""A stage of training from begin to end: begun, resumed or done again; trained; its best model and its report written down."""

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
from bert_mrc_theseus.model_files.model_folder import save_model
from bert_mrc_theseus.model_files.model_spec import ModelSpec, SavedModel
from bert_mrc_theseus.model_files.run_folder import STAGES, StageFolder
from bert_mrc_theseus.model_files.training_record import record_from_dict
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.provenance import command_line, versions, write_json
from bert_mrc_theseus.training.backend import check_backend
from bert_mrc_theseus.training.config import TrainingConfig
from bert_mrc_theseus.training.data import TrainingData
from bert_mrc_theseus.training.devices import on_devices
from bert_mrc_theseus.training.loop import Task, fit
from bert_mrc_theseus.training.progress import ConsoleProgress, Progress
from bert_mrc_theseus.training.resume import TrainingState, refuse_changes
from bert_mrc_theseus.training.starting_point import Origin, Prepared


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage does.

    Attributes:
        folder: where it leaves what it makes.
        config: settings of its training.
        settings: all settings, as `settings_record` has them.
        load: reads its data.
        start: what it starts from.
        prepare: what is trained.
    """

    folder: StageFolder
    config: TrainingConfig
    settings: dict[str, Any]
    load: Callable[[], TrainingData]
    start: Callable[[TrainingData], Origin]
    prepare: Callable[[TrainingData, Origin], Prepared]


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


def run_stage(stage: Stage, resume: bool, overwrite: bool, progress: Progress | None) -> StageResult:
    """Trains, keeps the best model, and writes down how.

    Args:
        stage: what is done.
        resume, overwrite, progress: see `stages.fine_tune_predecessor`.

    Raises:
        UserError, ModelError: see there.
    """
    folder, config = stage.folder, stage.config
    progress = progress or ConsoleProgress()
    title = f"stage {folder.number}"
    if resume and overwrite:
        raise UserError("--resume goes on with a stage, --overwrite starts it again: say one of the two")
    check_backend(keras.backend.backend(), config.devices)
    _refuse_unwritable(folder.path.parent)
    folder.settle()
    # What an interrupted --overwrite began is what there is to go on with.
    begun = folder.anew if folder.anew.path.exists() else folder
    if begun.path.exists() and not resume and not overwrite:
        raise UserError(f"{begun.path} exists already: --resume goes on with it, --overwrite starts again")
    with on_devices(config.devices), _dtype_policy("mixed_bfloat16" if config.mixed_bfloat16 else "float32"):
        data = stage.load()
        origin = stage.start(data)
        if resume and (done := begun.report()) is not None:
            now = _fingerprint(stage, origin, origin.model.spec, data)
            if folder.number == 0 and now["match"] and done.content.get("match"):
                # The longest span of the same data is the same; to find it they would all have to be read.
                now["match"] = done.content["match"]
            refuse_changes(begun.report_file, done.content, now, progress, title)
            begun.clear()
            progress.say(f"{title} is done: {folder.best}")
            return StageResult(
                folder.best, done.best_f1, done.steps, done.minutes, _finds_nothing(done.content.get("history", []))
            )
        prepared = stage.prepare(data, origin)
        place = folder.anew if overwrite and folder.path.exists() else begun
        with place.alone():
            if overwrite:
                # Not before: data, encoder and settings may be refused.
                place.empty()
            if place is not folder:
                progress.say(f"{title} is trained in {place.path}, and replaces {folder.path} when it is done")
            try:
                state = _fit(place, stage, data, origin, prepared, resume, progress)
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


def _fingerprint(stage: Stage, origin: Origin, before: ModelSpec, data: TrainingData) -> dict[str, Any]:
    """What a stage depends on.

    Args:
        stage: what is done.
        origin: what it starts from.
        before: its spec, for stage 0 with the match head as it will be.
        data: for training.
    """
    return {
        "stage": stage.folder.number,
        **stage.settings,
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
    stage: Stage,
    data: TrainingData,
    origin: Origin,
    prepared: Prepared,
    resume: bool,
    progress: Progress,
) -> TrainingState:
    """Trains in a folder, which is the stage's own or, with --overwrite, the one that will replace it."""
    spec, before = prepared.spec, prepared.before
    dev = spec.examples(data.dev)
    fingerprint = _fingerprint(stage, origin, before, data)
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
    state = fit(task, stage.config, folder, progress, resume)
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
