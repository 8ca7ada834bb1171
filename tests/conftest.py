"""The environment of all tests, and the fixtures that several folders use."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# Messages are compared in English.
os.environ.update({name: "C.UTF-8" for name in ("LC_ALL", "LC_MESSAGES", "LANG") if "zh" in os.environ.get(name, "")})

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from bert_mrc_theseus.cli import app as cli
from bert_mrc_theseus.language.choice import use
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from tests.helpers.models import make_weights
from tests.helpers.stress import under_stress

if TYPE_CHECKING:
    from tests.helpers.runs import Trained

# The first example of a test pays for imports and dictionaries; timing is no property to test here.
# In CI the examples are the same every time; elsewhere they go on looking for new ones.
hypothesis.settings.register_profile(
    "untimed", deadline=None, derandomize="CI" in os.environ, max_examples=under_stress(50, 5000)
)
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def weights() -> EncoderWeights:
    return make_weights()


@pytest.fixture
def command(monkeypatch, capfd) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in this process; returns exit status, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bert-mrc-theseus", *map(str, arguments)])
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        finally:
            use("en")
        out, err = capfd.readouterr()
        return status, out, err

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> "Trained":
    """A run of all three stages, which tests must leave as it is: it is trained once for all processes of pytest-xdist."""
    # Imported here, since it loads TensorFlow, which many folders of tests do without.
    from tests.helpers.runs import train_once

    own = tmp_path_factory.getbasetemp()
    return train_once((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "trained")


@pytest.fixture(scope="session")
def model(trained) -> Path:
    """The folder of the trained successor, to be left as it is too."""
    return trained.run / "stage2" / "best"
