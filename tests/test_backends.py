"""The same code on Keras' other backends gives the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.helpers.backend_run import results

ROOT = Path(__file__).parents[1]

HURRY = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
"""Each function runs a few times: compiled in a hurry it is slower, and done sooner."""

THREE_DEVICES = "--xla_force_host_platform_device_count=3"


@pytest.fixture(scope="module")
def on_jax(tmp_path_factory):
    path = tmp_path_factory.mktemp("jax") / "results"
    command = [sys.executable, "-m", "tests.helpers.backend_run", str(path)]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": f"{HURRY} {THREE_DEVICES}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return load_file(path)


def test_jax_trains_as_tensorflow_does(on_jax):
    found, expected = {name: on_jax[name] for name in on_jax if not name.startswith("devices ")}, results()
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name], tensor, atol=2e-3 if "." in name else 1e-4, err_msg=name)
    assert expected["stage 0"][-1] < expected["stage 0"][0]


def test_jax_trains_on_three_devices_as_on_one(on_jax):
    """Whole stages: training/test_devices.py."""
    one, three = (
        {name.partition(": ")[2]: on_jax[name] for name in on_jax if name.startswith(f"devices {count}")}
        for count in (1, 3)
    )
    assert set(one) == set(three) and len(one) > 30
    for name, tensor in one.items():
        np.testing.assert_allclose(three[name], tensor, rtol=0, atol=1e-5, err_msg=name)
    assert one["losses"][-1] != one["losses"][0]
