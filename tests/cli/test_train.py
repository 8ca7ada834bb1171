"""`train`."""

import inspect
import subprocess
import sys
from dataclasses import asdict

from bert_mrc_theseus.cli.compare import compare
from bert_mrc_theseus.cli.train import DEFAULTS, train
from bert_mrc_theseus.training.config import TrainingConfig


def test_the_commands_defaults_are_the_config_s():
    config = asdict(TrainingConfig(**DEFAULTS[0]))
    names = {"tokens": "token_budget", "bfloat16": "mixed_bfloat16"}
    options = {names.get(name, name): p.default for name, p in inspect.signature(train).parameters.items()}
    for name in config.keys() - DEFAULTS[0].keys():
        assert options[name] == config[name], name
    compared = inspect.signature(compare).parameters
    assert compared["tokens"].default == config["token_budget"]
    for name in ("loss", "negative_ratio", "by_text", "dropout"):
        assert compared[name].default == config[name], name


def test_training_without_tensorflow_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['tensorflow'] = None; import bert_mrc_theseus.cli as cli; cli.main()"
    command = [sys.executable, "-c", code, "train", str(tmp_path), "--run", "r", "--stage", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "pip install 'bert-mrc-theseus[train]'" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
