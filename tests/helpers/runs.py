"""Runs of training on the toy documents."""

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.text.documents import write_documents
from bert_mrc_theseus.training.config import TrainingConfig
from bert_mrc_theseus.training.stages import train_stage
from tests.helpers.documents import QUERIES, toy_documents
from tests.helpers.models import make_weights


@dataclass(frozen=True)
class Trained:
    """A toy data folder, its encoder, and a run of stages on it."""

    data: Path
    encoder: Path
    run: Path

    def config(self, stage: int, **changes) -> TrainingConfig:
        rate = {0: 3e-3, 1: 3e-3, 2: 1e-3}[stage]
        epochs = {0: 30, 1: 10, 2: 2}[stage]
        return TrainingConfig(
            **{"epochs": epochs, "learning_rate": rate, "token_budget": 512, "modules": 2, "shared": 0, **changes}
        )

    def train(
        self,
        stage: int,
        run: Path | None = None,
        resume: bool = False,
        overwrite: bool = False,
        predecessor: Path | None = None,
        match: bool = False,
        shared_layers: int = 0,
        **changes,
    ) -> Path:
        """Runs a stage; `changes` are settings of its `TrainingConfig`."""
        return train_stage(
            stage=stage,
            data_folder=self.data,
            run=run or self.run,
            config=self.config(stage, **changes),
            encoder=str(self.encoder),
            query_style="short",
            window_size=100,
            context_position=16,
            predecessor=predecessor,
            match=match,
            shared_layers=shared_layers,
            resume=resume,
            overwrite=overwrite,
            console=Console(quiet=True),
        )


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
            done.touch()
    return made


def only_stage_0(trained: Trained, folder: Path) -> Path:
    """A new run folder with the predecessor of another."""
    run = folder / "run"
    run.mkdir()
    os.symlink(trained.run / "stage0", run / "stage0")
    return run
