"""`train`, and the settings that its options and those of `compare` stand for."""

import subprocess
import sys

import pytest

from bert_mrc_theseus.comparison.methods import Model, stage_configs
from bert_mrc_theseus.training.config import TrainingConfig

USUAL = {
    0: {"epochs": 3, "learning_rate": 1.5e-4},
    1: {"epochs": 2, "learning_rate": 1.5e-4},
    2: {"epochs": 2, "learning_rate": 1e-4},
}
"""What the stages differ in when nothing is said."""


@pytest.fixture
def stages(monkeypatch):
    """The stages that `train` runs and their settings, without running them."""
    found = []
    monkeypatch.setattr(
        "bert_mrc_theseus.training.stages.train_stage",
        lambda stage, data, run, config, **more: found.append((stage, config)),
    )
    return found


def test_without_options_stages_have_the_usual_settings(command, stages):
    assert command("train", "data", "--run", "run", "--all")[0] == 0
    assert stages == [(stage, TrainingConfig(**usual)) for stage, usual in USUAL.items()]


def test_options_are_settings(command, stages):
    options = {
        "epochs": 9, "learning_rate": 0.02, "warmup": 0.2, "weight_decay": 0.3, "clip": 4.0, "loss": "bce", "tokens": 77,
        "negative_ratio": 0.5, "by_text": True, "silver_weight": 0.6, "seed": 7, "bfloat16": True, "patience": 8,
        "evaluate_every": 11, "checkpoint_minutes": 12.5, "dropout": 0.4, "modules": 3, "schedule": "constant", "base": 0.1,
        "reach": 0.9, "rate": 0.8, "initialisation": "mean", "shared": 1, "distill_logits": 1.5, "temperature": 3.0,
        "distill_borders": 2.5,
    }  # fmt: skip
    arguments = []
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", *([] if value is True else [value])]
    assert command("train", "data", "--run", "run", "--stage", "1", *arguments)[0] == 0
    options |= {"token_budget": options.pop("tokens"), "mixed_bfloat16": options.pop("bfloat16")}
    assert stages == [(1, TrainingConfig(**options))]
    # Every setting has its option.
    assert set(options) == set(TrainingConfig.__dataclass_fields__)


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ([], {}),
        (["--tokens", 77, "--loss", "bce", "--negative-ratio", 0.5, "--by-text", "--dropout", 0.4, "--bfloat16", "--seeds", 7],
         {"token_budget": 77, "loss": "bce", "negative_ratio": 0.5, "by_text": True, "dropout": 0.4, "mixed_bfloat16": True,
          "seed": 7}),
    ],
)  # fmt: skip
def test_compare_trains_with_the_settings_of_train(command, monkeypatch, tmp_path, options, changes):
    found = []

    def compare(data, out, wanted, seeds, settings, console, texts):
        found.extend(stage_configs(model, seeds[0], settings) for model in (Model("predecessor"), *wanted))
        return []

    monkeypatch.setattr("bert_mrc_theseus.comparison.compare.compare", compare)
    assert command("compare", "data", "--out", tmp_path, "--methods", "linear", *options)[0] == 0
    # `compare` shares nothing unless a method says so.
    expected = {stage: TrainingConfig(**usual, shared=0, **changes) for stage, usual in USUAL.items()}
    assert found == [{0: expected[0]}, {1: expected[1], 2: expected[2]}]


def test_training_without_tensorflow_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['tensorflow'] = None; import bert_mrc_theseus.cli as cli; cli.main()"
    command = [sys.executable, "-c", code, "train", str(tmp_path), "--run", "r", "--stage", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "pip install 'bert-mrc-theseus[train]'" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
