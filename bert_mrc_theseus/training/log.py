"""What a training run tells: a progress bar, log.csv, and TensorBoard."""

import csv
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

COLUMNS = ("step", "epoch", "loss", "learning_rate", "replace_rate", "tokens_per_second", "precision", "recall", "f1")


class TrainingLog:
    """Logs steps and evaluations. A resumed run goes on in the same files, without the rows past its checkpoint.

    Args:
        folder: of the stage.
        title: shown before the progress bar.
        total_steps: of the stage.
        start: steps done before.
        console: where the progress goes; on anything but a terminal a line is printed every half minute.
    """

    def __init__(self, folder: Path, title: str, total_steps: int, start: int, console: Console):
        self._console, self._title, self._total = console, title, total_steps
        self._rows = _rows_until(folder / "log.csv", start)
        self._stream = open(folder / "log.csv", "w", encoding="utf-8", newline="")  # noqa: SIM115 - open as long as the log
        self._csv = csv.DictWriter(self._stream, COLUMNS)
        self._csv.writeheader()
        self._csv.writerows(self._rows)
        self._board = _board(folder / "tensorboard", start)
        self._printed = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(title, total=total_steps, completed=start, facts="")

    def __enter__(self) -> "TrainingLog":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        self._stream.close()
        if self._board is not None:
            self._board.close()

    def log_step(self, step: int, **values: float) -> None:
        """Records a step: epoch, loss, learning_rate, tokens_per_second and, in stage 1, replace_rate."""
        self._write(step, values)
        facts = f"loss {values['loss']:.5f}  {values['tokens_per_second']:,.0f} tokens/s"
        if "replace_rate" in values:
            facts += f"  replace rate {values['replace_rate']:.2f}"
        self._progress.update(self._task, completed=step, facts=facts)
        if self._progress.disable and time.monotonic() - self._printed > 30:
            self._printed = time.monotonic()
            self._console.print(f"{self._title}: step {step}/{self._total}  {facts}", highlight=False)

    def log_evaluation(self, step: int, **values: float) -> None:
        """Records strict precision, recall and f1 on dev."""
        self._write(step, values)
        self._stream.flush()
        self._console.print(
            f"{self._title}: step {step}/{self._total}  dev precision {values['precision']:.4f}  "
            f"recall {values['recall']:.4f}  strict F1 {values['f1']:.4f}",
            highlight=False,
        )

    def say(self, text: str) -> None:
        self._console.print(text, highlight=False)

    def _write(self, step: int, values: dict[str, float]) -> None:
        self._csv.writerow({"step": step, **{name: f"{value:.6g}" for name, value in values.items()}})
        if self._board is None:
            return
        import tensorflow as tf

        with self._board.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)


def _board(folder: Path, start: int) -> Any:
    """TensorBoard's writer; None without TensorFlow, as on a machine that trains on another Keras backend."""
    try:
        import tensorflow as tf
    except ModuleNotFoundError:
        return None
    return tf.summary.create_file_writer(str(folder), filename_suffix=f".{start}")


def _rows_until(path: Path, step: int) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with open(path, encoding="utf-8", newline="") as stream:
        # A run that was killed may have left its last row half-written.
        return [row for row in csv.DictReader(stream) if (row["step"] or "").isdigit() and 0 < int(row["step"]) <= step]
