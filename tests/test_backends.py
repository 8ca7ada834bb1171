"""The same code on Keras' other backends gives the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[1]


def run(backend, path):
    command = [sys.executable, "-m", "tests.backend_run", str(path)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "KERAS_BACKEND": backend}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return load_file(path)


def test_jax_trains_as_tensorflow_does(tmp_path):
    expected, found = run("tensorflow", tmp_path / "tensorflow"), run("jax", tmp_path / "jax")
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name], tensor, atol=2e-3 if "." in name else 1e-4, err_msg=name)
    assert expected["stage 0"][-1] < expected["stage 0"][0]
