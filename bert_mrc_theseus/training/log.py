"""What a training run writes down of its steps: log.csv, and TensorBoard's files."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Any

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
        self._stream = open(folder.log, "w", encoding="utf-8", newline="")  # noqa: SIM115 - open as long as the log
        self._csv = csv.DictWriter(self._stream, COLUMNS)
        self._csv.writeheader()
        self._csv.writerows(rows)
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
