"""The same code on Keras' other backends gives the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from tests.helpers.backend_run import results

ROOT = Path(__file__).parents[1]


def test_jax_trains_as_tensorflow_does(tmp_path):
    command = [sys.executable, "-m", "tests.helpers.backend_run", str(tmp_path / "jax")]
    # Each function runs a few times: compiled in a hurry it is slower, and done sooner.
    hurry = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": hurry}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found, expected = load_file(tmp_path / "jax"), results()
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name], tensor, atol=2e-3 if "." in name else 1e-4, err_msg=name)
    assert expected["stage 0"][-1] < expected["stage 0"][0]
