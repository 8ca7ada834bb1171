"""Training on several devices of the JAX backend, here of one CPU: the same losses and weights as on one."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_mrc_theseus.errors import UserError
from tests.helpers.stress import under_stress

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """What `device_runs` leaves; its functions take a minute and a half to compile."""
    if not under_stress(False, True):
        pytest.skip("make stress runs it; a short form of it is in tests/test_backends.py")
    folder = tmp_path_factory.mktemp("devices")
    # Each function runs a few times: compiled in a hurry it is slower, and done sooner.
    hurry = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": f"{hurry} --xla_force_host_platform_device_count=3",
    }
    command = [sys.executable, "-m", "tests.helpers.device_runs", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def losses(stage: Path) -> list[float]:
    with open(stage / "log.csv", encoding="utf-8", newline="") as stream:
        return [float(row["loss"]) for row in csv.DictReader(stream) if row["loss"]]


def assert_equal_to(tolerance: float, expected: Path, found: Path) -> None:
    """Compares losses and weights of two stages."""
    assert len(losses(expected)) == 4
    np.testing.assert_allclose(losses(found), losses(expected), rtol=tolerance)
    weights, others = (load_file(stage / "best" / "model.safetensors") for stage in (expected, found))
    assert set(weights) == set(others)
    for name, tensor in weights.items():
        # Attention is the same whatever is added to all keys: that gradient is rounding, which Adam makes a step of.
        if tolerance and name.endswith("self.key.bias"):
            continue
        np.testing.assert_allclose(others[name], tensor, rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("stage", [1, 2])
def test_two_devices_give_what_one_gives(runs, stage):
    """With words, dropout and a teacher; in stage 1 both draw the same modules."""
    assert_equal_to(1e-5, runs / "one" / f"stage{stage}", runs / f"two{stage}" / f"stage{stage}")


def test_a_stage_resumes_to_the_same_weights(runs):
    assert_equal_to(0.0, runs / "one" / "stage0", runs / "same" / "stage0")


def test_a_stage_resumes_on_another_number_of_devices(runs):
    """Three, which divide no number of rows: each batch gets rows that count for nothing."""
    assert_equal_to(1e-5, runs / "one" / "stage0", runs / "more" / "stage0")


def test_a_stage_moves_its_weights(runs):
    """Else the others would prove nothing."""
    before, after = (load_file(runs / "one" / f"stage{stage}" / "best" / "model.safetensors") for stage in (1, 2))
    assert max(np.abs(after[name] - before[name]).max() for name in after) > 1e-4


def test_too_many_devices_are_refused(runs):
    said = (runs / "refused").read_text(encoding="utf-8")
    assert "no 4 devices here to train on: JAX sees 3 (cpu:0, cpu:1, cpu:2)" in said
    assert not (runs / "none").exists()


def test_tensorflow_says_how_to_choose_jax(trained, tmp_path):
    with pytest.raises(UserError, match=r"tensorflow training runs on one device: set KERAS_BACKEND=jax to train on 2"):
        trained.train(0, run=tmp_path / "run", devices=2)
    assert not (tmp_path / "run").exists()
