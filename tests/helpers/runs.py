"""Runs of training on the toy documents: whole stages, and the loop alone."""

import fcntl
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_mrc_theseus.evaluation.metrics import PRF, Scores
from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.run_folder import StageFolder
from bert_mrc_theseus.text.interchange import write_documents
from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig, settings_record
from bert_mrc_theseus.training.loop import Task, fit
from bert_mrc_theseus.training.progress import Progress, Silence
from bert_mrc_theseus.training.resume import TrainingState
from bert_mrc_theseus.training.stages import fine_tune_predecessor, fine_tune_successor, replace_modules
from tests.helpers.documents import QUERIES, toy_documents
from tests.helpers.models import examples_of, make_weights


class Kept(Silence):
    """Keeps what is said in a list."""

    def __init__(self, said: list[str]):
        self._said = said

    def say(self, text: str) -> None:
        self._said.append(text)

    warn = say


@dataclass(frozen=True)
class Trained:
    """A toy data folder, its encoder, and a run of stages on it."""

    data: Path
    encoder: Path
    run: Path

    @property
    def taught(self) -> Path:
        """An encoder that knows the toy corpus, from which other models learn it in a few epochs."""
        return self.encoder.with_name("taught")

    def report(self, stage: int) -> dict[str, Any]:
        """What the stage wrote when it was done."""
        return json.loads((self.run / f"stage{stage}" / "report.json").read_text(encoding="utf-8"))

    def config(self, stage: int, **changes) -> TrainingConfig:
        rate = {0: 3e-3, 1: 3e-3, 2: 1e-3}[stage]
        epochs = {0: 30, 1: 10, 2: 2}[stage]
        return TrainingConfig(**{"epochs": epochs, "learning_rate": rate, "token_budget": 512, **changes})

    def train(
        self,
        stage: int,
        run: Path | None = None,
        resume: bool = False,
        overwrite: bool = False,
        predecessor: Path | None = None,
        match: bool = False,
        shared_layers: int = 0,
        words: bool = False,
        lexicon: str = "",
        replacing: Replacing = Replacing(modules=2, shared_layers=0),
        distillation: Distillation = Distillation(),
        said: list[str] | None = None,
        **changes,
    ) -> Path:
        """Runs a stage and gives its best model; `said` gets what it tells, `changes` are settings of its `TrainingConfig`."""
        config, folder = self.config(stage, **changes), run or self.run
        more: dict[str, Any] = {
            "resume": resume,
            "overwrite": overwrite,
            "progress": Kept([] if said is None else said),
        }
        if stage == 0:
            new = NewPredecessor(
                str(self.encoder),
                window=100,
                context_position=16,
                match=match,
                shared_layers=shared_layers,
                words=words,
                lexicon=lexicon,
            )
            return fine_tune_predecessor(self.data, folder, config, new, **more).best
        if stage == 1:
            return replace_modules(
                self.data, folder, config, replacing, distillation, predecessor=predecessor, **more
            ).best
        return fine_tune_successor(self.data, folder, config, distillation, predecessor=predecessor, **more).best


def train_once(folder: Path) -> Trained:
    """All three stages, in a folder that the processes of one test session share: the first trains, the others wait."""
    made, done = Trained(folder / "data", folder / "bert", folder / "run"), folder / "done"
    with open(folder.with_name(f"{folder.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            for name, count, seed in (("train", 60, 1), ("dev", 12, 2), ("test", 12, 3)):
                write_documents(made.data / f"{name}.jsonl", toy_documents(count, seed))
            (made.data / "queries.toml").write_text(QUERIES, encoding="utf-8")
            write_huggingface(make_weights(layers=4, hidden=32), made.encoder)
            for stage in (0, 1, 2):
                made.train(stage)
            predecessor = load_model(made.run / "stage0" / "best")
            write_huggingface(predecessor.encoder_weights(), made.taught)
            done.touch()
    return made


def only_stage_0(trained: Trained, folder: Path) -> Path:
    """A new run folder with the predecessor of another."""
    run = folder / "run"
    run.mkdir()
    os.symlink(trained.run / "stage0", run / "stage0")
    return run


LOOP_EXAMPLES = examples_of(toy_documents(20, 1))
LOOP_CONFIG = TrainingConfig(epochs=3, learning_rate=1e-3, token_budget=256)


def loop_task(f1s: Sequence[float] = (0.5,), kept: list[int] | None = None, evaluated: list[int] | None = None) -> Task:
    """A task for `fit` whose evaluations give these scores in turn, the last of them for ever.

    Args:
        f1s: the scores.
        kept: gets the step of each model that is kept.
        evaluated: gets a 1 for each evaluation.
    """
    remaining = list(f1s)

    def evaluate() -> Scores:
        if evaluated is not None:
            evaluated.append(1)
        tp = round(100 * (remaining.pop(0) if len(remaining) > 1 else remaining[0]))
        return Scores(PRF(tp, 100 - tp if tp else 0, 100 - tp))

    model = predecessor_from(make_weights())
    keep = (lambda state: None) if kept is None else (lambda state: kept.append(state.step))
    return Task("toy", model, LOOP_EXAMPLES, evaluate, keep, {"stage": 0, **settings_record(LOOP_CONFIG)})


def run_loop(
    folder: Path,
    task: Task,
    config: TrainingConfig = LOOP_CONFIG,
    resume: bool = False,
    progress: Progress | None = None,
) -> TrainingState:
    """Fits a task; checkpoints go to `folder`."""
    return fit(task, config, StageFolder(folder, 0), progress or Silence(), resume)
