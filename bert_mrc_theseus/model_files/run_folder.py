"""The layout of a run: a folder with one folder a stage.

    RUN/stage0/best/   the predecessor, fine-tuned
    RUN/stage1/best/   the successor after module replacing
    RUN/stage2/best/   the successor, fine-tuned alone

Each stage's folder also has log.csv, tensorboard/, config.json and, when the stage is done, report.json; while it trains, a
checkpoint from which an interrupted training goes on.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STAGES = {
    0: "fine-tune the predecessor",
    1: "replace the predecessor's modules by the successor's layers",
    2: "fine-tune the successor",
}


@dataclass(frozen=True, slots=True)
class StageReport:
    """What report.json says of a finished stage.

    Attributes:
        best_f1: strict dev F1 of its best model.
        steps: optimisation steps.
        minutes: of training.
        content: all of the file.
    """

    best_f1: float
    steps: int
    minutes: float
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StageFolder:
    """A stage's folder.

    Attributes:
        path: where it is, or will be.
        number: 0, 1 or 2.
    """

    path: Path
    number: int

    @property
    def best(self) -> Path:
        """The model folder of the best model so far."""
        return self.path / "best"

    @property
    def settings(self) -> Path:
        """What the stage was started with."""
        return self.path / "config.json"

    @property
    def log(self) -> Path:
        """A row a step."""
        return self.path / "log.csv"

    @property
    def tensorboard(self) -> Path:
        """What TensorBoard shows."""
        return self.path / "tensorboard"

    @property
    def checkpoint(self) -> Path:
        """Where a training stands; gone when it is done."""
        return self.path / "checkpoint.safetensors"

    @property
    def report_file(self) -> Path:
        """There when the stage is done."""
        return self.path / "report.json"

    def report(self) -> StageReport | None:
        """The report; None if the stage is not done."""
        if not self.report_file.is_file():
            return None
        content = json.loads(self.report_file.read_text(encoding="utf-8"))
        return StageReport(content["best_f1"], content["steps"], content["minutes"], content)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder."""

    path: Path

    def stage(self, number: int) -> StageFolder:
        """The folder of a stage."""
        return StageFolder(self.path / f"stage{number}", number)

    def stages(self) -> Iterator[StageFolder]:
        """The stages that have a model, in order."""
        return (folder for folder in map(self.stage, STAGES) if folder.best.is_dir())
