"""`train --overwrite`: what a stage had is there until the new one is done."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_mrc_theseus.errors import TrainingError, UserError
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.run_folder import StageFolder
from bert_mrc_theseus.training import run_stage
from tests.helpers.runs import Trained


@pytest.fixture
def run(trained, tmp_path) -> Path:
    """A run with a stage 2 that may be changed."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "stage1").symlink_to(trained.run / "stage1")
    shutil.copytree(trained.run / "stage2", run / "stage2")
    return run


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_stage_that_is_done_replaces_the_one_before(trained, run):
    before = names(run / "stage2")
    said: list[str] = []
    best = trained.train(2, run=run, overwrite=True, epochs=1, learning_rate=2e-3, said=said)
    assert best == run / "stage2" / "best"
    assert load_model(best).spec.record.config["learning_rate"] == 2e-3
    assert names(run / "stage2") == before and names(run) == ["stage1", "stage2"]
    assert any("is trained in" in text and "stage2.new" in text for text in said)


@pytest.mark.parametrize("error", [TrainingError("the loss is nan"), UserError("no space left"), KeyboardInterrupt()])
def test_a_training_that_fails_leaves_what_the_stage_had(trained, run, monkeypatch, error):
    def fail(*_):
        raise error

    before, said = files(run / "stage2"), []
    monkeypatch.setattr(run_stage, "fit", fail)
    with pytest.raises(type(error)):
        trained.train(2, run=run, overwrite=True, learning_rate=2e-3, said=said)
    assert files(run / "stage2") == before
    assert any("was interrupted" in text and "--resume" in text for text in said) == isinstance(
        error, KeyboardInterrupt
    )


def test_both_at_once_are_refused(trained, run):
    before = files(run)
    with pytest.raises(UserError, match="say one of the two"):
        trained.train(2, run=run, overwrite=True, resume=True)
    assert files(run) == before


def test_a_kill_leaves_what_the_stage_had_and_resume_goes_on_with_the_new_one(trained: Trained, run, tmp_path):
    """SIGKILL, some steps after the beginning."""
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "stage1").symlink_to(trained.run / "stage1")
    settings = {"epochs": 6, "evaluate_every": 10**6}
    expected = load_file(trained.train(2, run=whole, **settings) / "model.safetensors")
    before = files(run / "stage2")
    command = [sys.executable, "-m", "bert_mrc_theseus", "train", str(trained.data), "--run", str(run), "--stage", "2"]
    command += ["--epochs", "6", "--learning-rate", "0.001", "--tokens", "512", "--evaluate-every", str(10**6)]
    command += ["--checkpoint-minutes", "0.0001"]
    new = StageFolder(run / "stage2", 2).anew
    with subprocess.Popen([*command, "--overwrite"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not new.checkpoint.is_file():
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        process.kill()
    assert files(run / "stage2") == before
    with pytest.raises(UserError, match=r"stage2\.new exists already"):
        trained.train(2, run=run, **settings)
    said: list[str] = []
    best = trained.train(2, run=run, resume=True, said=said, checkpoint_minutes=0.0001, **settings)
    assert any("resuming after step" in text for text in said)
    assert best == run / "stage2" / "best" and names(run) == ["stage1", "stage2"]
    found = load_file(best / "model.safetensors")
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor, err_msg=name)


def test_a_run_that_is_no_folder_is_refused_before_anything_is_read(trained, tmp_path):
    (tmp_path / "file").touch()
    for run in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(UserError, match="file is no folder"):
            Trained(tmp_path / "no data", trained.encoder, run).train(0)
