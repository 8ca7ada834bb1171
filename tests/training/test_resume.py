"""A stage that was interrupted or killed goes on as if it had not been."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.training import loop as training
from bert_mrc_theseus.training.loop import CHECKPOINT
from tests.helpers.runs import loop_task, only_stage_0, run_loop


def test_a_finished_stage_is_left_alone_by_resume_and_needs_overwrite_to_start_again(trained):
    best = trained.run / "stage2" / "best" / "model.safetensors"
    before = best.stat().st_mtime_ns
    trained.train(2, resume=True)
    assert best.stat().st_mtime_ns == before
    with pytest.raises(UserError, match="--resume goes on with it, --overwrite starts again"):
        trained.train(2)


def test_a_killed_stage_resumes_to_the_same_weights(trained, tmp_path):
    """Stage 1, in a process of its own, killed with SIGKILL in the middle and resumed."""
    for run in ("run", "whole"):
        (tmp_path / run).mkdir()
        os.symlink(trained.run / "stage0", tmp_path / run / "stage0")
    # One evaluation, at the end: the best model is of a step after the kill.
    changes = {"evaluate_every": 10**6, "shared": 1}
    config = trained.config(1, **changes)
    trained.train(1, run=tmp_path / "whole", **changes)
    command = [sys.executable, "-m", "bert_mrc_theseus", "train", str(trained.data), "--run", str(tmp_path / "run")]
    command += ["--stage", "1", "--epochs", str(config.epochs), "--learning-rate", str(config.learning_rate)]
    command += [
        "--tokens",
        str(config.token_budget),
        "--modules",
        "2",
        "--shared",
        "1",
        "--evaluate-every",
        str(10**6),
        "--checkpoint-minutes",
        "0.0001",
    ]
    log = tmp_path / "run" / "stage1" / "log.csv"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not log.is_file() or len(log.read_text().splitlines()) < 15:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "run" / "stage1" / "report.json").exists()
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    resumed_after = int(done.stderr.split("resuming after step ")[1].split()[0])
    report = json.loads((tmp_path / "run" / "stage1" / "report.json").read_text(encoding="utf-8"))
    assert 0 < resumed_after < report["best_step"] == report["steps"]

    expected = load_file(tmp_path / "whole" / "stage1" / "best" / "model.safetensors")
    found = load_file(tmp_path / "run" / "stage1" / "best" / "model.safetensors")
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor, err_msg=name)
    whole = json.loads((tmp_path / "whole" / "stage1" / "report.json").read_text(encoding="utf-8"))
    assert report["history"] == whole["history"]
    with open(log, encoding="utf-8", newline="") as stream:
        steps = [int(row["step"]) for row in csv.DictReader(stream) if row["loss"]]
    assert steps == list(range(1, report["steps"] + 1))


def test_a_resumed_run_must_have_the_same_settings(trained, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    run = only_stage_0(trained, tmp_path)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.TrainingLog, "log_evaluation", interrupted)
        trained.train(1, run=run, checkpoint_minutes=0.0)
    with pytest.raises(ModelError, match=r"other settings \(config: .*--overwrite"):
        trained.train(1, run=run, resume=True, learning_rate=1e-3)


def test_a_damaged_checkpoint_is_reported(tmp_path):
    run_loop(tmp_path, loop_task())
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
        run_loop(tmp_path, loop_task(), resume=True)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path, monkeypatch):
    run_loop(tmp_path, loop_task())
    before = (tmp_path / CHECKPOINT).read_bytes()

    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bert_mrc_theseus.training.resume.save_file", full)
    with pytest.raises(UserError, match=r"No space left on device.*still there"):
        run_loop(tmp_path, loop_task())
    assert (tmp_path / CHECKPOINT).read_bytes() == before and not list(tmp_path.glob(".*"))
