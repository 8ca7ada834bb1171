"""The log of a stage."""

import csv

import pytest

from bert_mrc_theseus.model_files.run_folder import StageFolder
from bert_mrc_theseus.training import loop
from bert_mrc_theseus.training.config import TrainingConfig
from bert_mrc_theseus.training.log import COLUMNS, TrainingLog
from tests.helpers.runs import loop_task, run_loop


def steps_in(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return [int(row["step"]) for row in csv.DictReader(stream) if row["loss"]]


def test_the_rows_up_to_a_checkpoint_are_on_the_disk_before_it(tmp_path, no_steps, monkeypatch):
    """Whenever a command is killed: the rows were written when the checkpoint was."""
    found, folder = [], StageFolder(tmp_path, 0)
    real = loop.save_checkpoint

    def save(path, variables, state, fingerprint):
        found.append((state.step, steps_in(folder.log)))
        real(path, variables, state, fingerprint)

    monkeypatch.setattr(loop, "save_checkpoint", save)
    run_loop(
        tmp_path,
        loop_task(),
        TrainingConfig(epochs=2, learning_rate=1e-3, token_budget=256, checkpoint_minutes=0.0),
    )
    assert len(found) > 2
    assert all(rows == list(range(1, step + 1)) for step, rows in found)


@pytest.mark.parametrize(
    "end", ["", "1", "12", "12,0,0.5", "12,0,0.5\0\0\0\r\n", "x,,\r\n", "99,0,0.5,0.1,,100,,,\r\n"]
)
def test_a_log_goes_on_after_its_checkpoint(tmp_path, end):
    folder = StageFolder(tmp_path, 0)
    whole = [",".join(COLUMNS), *(f"{step},0,0.5,0.1,,100,,," for step in range(1, 15))]
    folder.log.write_bytes("".join(f"{line}\r\n" for line in whole).encode() + end.encode())
    with TrainingLog(folder, 12) as log:
        assert steps_in(folder.log) == list(range(1, 13))
        log.step(13, loss=0.25)
        log.keep()
        assert steps_in(folder.log) == list(range(1, 14))


def test_logs(trained):
    with open(trained.run / "stage1" / "log.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    steps = [row for row in rows if row["loss"]]
    assert [int(row["step"]) for row in steps] == list(range(1, trained.report(1)["steps"] + 1))
    rates = [float(row["replace_rate"]) for row in steps]
    assert rates[0] == pytest.approx(0.3) and rates[-1] == 1.0 and rates == sorted(rates)
    assert len([row for row in rows if row["f1"]]) == 10
    assert list((trained.run / "stage1" / "tensorboard").iterdir())
