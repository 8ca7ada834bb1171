"""What a training run writes down of its steps: log.csv, and TensorBoard's files."""

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.model_files.run_folder import StageFolder

COLUMNS = ("step", "epoch", "loss", "learning_rate", "replace_rate", "tokens_per_second", "precision", "recall", "f1")


class TrainingLog:
    """Logs steps and evaluations. A resumed run goes on in the same files, without the rows past its checkpoint.

    Args:
        folder: of the stage.
        start: steps done before.
    """

    def __init__(self, folder: StageFolder, start: int):
        rows = _rows_until(folder.log, start)
        # In one step: a command that is killed here leaves the rows that there were.
        with atomic_write(folder.log) as stream:
            whole = csv.DictWriter(stream, COLUMNS)
            whole.writeheader()
            whole.writerows(rows)
        self._stream = open(folder.log, "a", encoding="utf-8", newline="")  # noqa: SIM115 - open as long as the log
        self._csv = csv.DictWriter(self._stream, COLUMNS)
        self._board = _board(folder.tensorboard, start)

    def __enter__(self) -> "TrainingLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if self._board is not None:
            self._board.close()

    def step(self, step: int, **values: float) -> None:
        """Records a step: epoch, loss, learning_rate, tokens_per_second and, in stage 1, replace_rate."""
        self._write(step, values)

    def evaluation(self, step: int, **values: float) -> None:
        """Records strict precision, recall and f1 on dev."""
        self._write(step, values)
        self._stream.flush()

    def keep(self) -> None:
        """Puts all rows on the disk, before a checkpoint that comes after them."""
        self._stream.flush()
        os.fsync(self._stream.fileno())

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
    # A run that was killed may have left its last row half-written, with a step that is cut off.
    *lines, _ = path.read_text(encoding="utf-8", errors="replace").split("\n")
    rows = csv.DictReader(line for line in lines if "\0" not in line)
    return [
        {column: row.get(column) or "" for column in COLUMNS}
        for row in rows
        if (row.get("step") or "").isdecimal() and 0 < int(row["step"]) <= step
    ]
