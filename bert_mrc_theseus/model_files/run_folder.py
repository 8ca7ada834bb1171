"""The layout of a run: a folder with one folder a stage.

    RUN/stage0/best/   the predecessor, fine-tuned
    RUN/stage1/best/   the successor after module replacing
    RUN/stage2/best/   the successor, fine-tuned alone

Each stage's folder also has log.csv, tensorboard/, config.json and, when the stage is done, report.json; while it trains, a
checkpoint from which an interrupted training goes on.

`train --overwrite` trains a stage again in RUN/stage0.new, which takes the place of RUN/stage0 when it is done: what the stage
had is there until then, whatever happens to the command.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.regular_files import LARGEST_TEXT, parse_json_object, read_bytes

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
        """The report; None if the stage is not done.

        Raises:
            ModelError: the report cannot be read.
        """
        try:
            content = parse_json_object(read_bytes(self.report_file, LARGEST_TEXT), self.report_file)
            return StageReport(content["best_f1"], content["steps"], content["minutes"], content)
        except FileNotFoundError:
            return None
        except KeyError as error:
            raise ModelError(f"{self.report_file} is damaged: {error} is missing") from error

    @property
    def anew(self) -> "StageFolder":
        """Where the stage is trained again, until that is done."""
        return StageFolder(self.path.with_name(f"{self.path.name}.new"), self.number)

    def settle(self) -> None:
        """Puts a stage that was trained again in its place, if it is done; what the stage had before goes after that.

        Also what a command that was killed meanwhile left to do.
        """
        old = self.path.with_name(f"{self.path.name}.old")
        if self.anew.report_file.is_file():
            if self.path.exists():
                _remove(old)
                os.replace(self.path, old)
            os.replace(self.anew.path, self.path)
        if self.path.exists():
            _remove(old)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Makes the folder; meanwhile no other command trains in it, where the system has locks of folders.

        Raises:
            UserError: another one does, or the folder cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make {self.path}: {error.strerror}") from error
        with _locked(self.path):
            try:
                yield
            finally:
                # If nothing was written in it.
                with suppress(OSError):
                    self.path.rmdir()

    def empty(self) -> None:
        """Removes everything in the folder."""
        for path in self.path.iterdir():
            _remove(path)

    def clear(self) -> None:
        """Removes what killed commands left half-written, and the checkpoint of a stage that is done."""
        for path in self.path.glob(".*"):
            _remove(path)
        if self.report_file.is_file():
            self.checkpoint.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder."""

    path: Path

    def stage(self, number: int) -> StageFolder:
        """The folder of a stage."""
        return StageFolder(self.path / f"stage{number}", number)

    def stages(self) -> Iterator[StageFolder]:
        """The stages that have a model, in order."""
        return (folder for folder in map(self.stage, STAGES) if os.path.isdir(folder.best))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another command trains in {folder}: wait for it, or name another run folder") from error
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    """Removes a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
