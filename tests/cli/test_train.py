"""`train`, and the settings that its options and those of `compare` stand for."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import pytest

from bert_mrc_theseus.comparison.methods import Candidate, StagePlan, stage_plans
from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig
from bert_mrc_theseus.training.run_stage import StageResult

USUAL = {
    0: {"epochs": 3, "learning_rate": 1.5e-4},
    1: {"epochs": 2, "learning_rate": 1.5e-4},
    2: {"epochs": 2, "learning_rate": 1e-4},
}
"""What the stages differ in when nothing is said."""

TRAIN = ("train", "data", "--run", "run")


class Call(NamedTuple):
    """A stage that `train` runs: its number, its settings, and what it is told besides."""

    stage: int
    settings: tuple
    more: dict


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the commands run: with the folders that they name, all empty."""
    for name in ("data", "bert", "p", "other/best"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("train", "dev", "test"):
        (tmp_path / "data" / f"{name}.jsonl").touch()
    (tmp_path / "data" / "queries.toml").write_text('[PER]\nshort = "人名"\nname = "PER"\n', encoding="utf-8")
    (tmp_path / "terms.tsv").write_text("华西医院\tORG\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stages(folder, monkeypatch):
    """The stages that `train` runs and their settings, without running them."""
    found = []
    for stage, name in enumerate(("fine_tune_predecessor", "replace_modules", "fine_tune_successor")):

        def run(data, run, *settings, stage=stage, **more):
            assert (data, run) == (Path("data"), Path("run"))
            found.append(Call(stage, settings, more))
            return StageResult(Path("best"), 0.5, 1, 0.1)

        monkeypatch.setattr(f"bert_mrc_theseus.training.stages.{name}", run)
    return found


def test_without_options_stages_have_the_usual_settings(command, stages):
    assert command(*TRAIN, "--all")[0] == 0
    usual = [TrainingConfig(**USUAL[stage]) for stage in (0, 1, 2)]
    again = {"resume": False, "overwrite": False}
    assert stages == [
        (0, (usual[0], NewPredecessor()), again),
        (1, (usual[1], Replacing(), Distillation()), {**again, "predecessor": None}),
        (2, (usual[2], Distillation()), {**again, "predecessor": None, "successor": None}),
    ]


TRAINING = {
    "epochs": 9, "learning_rate": 0.02, "warmup": 0.2, "weight_decay": 0.3, "clip": 4.0, "loss": "bce", "tokens": 77,
    "negative_ratio": 0.5, "by_text": True, "silver_weight": 0.6, "seed": 7, "bfloat16": True, "patience": 8,
    "evaluate_every": 11, "checkpoint_minutes": 12.5, "dropout": 0.4, "source_dropout": 0.15, "entity_dropout": 0.25,
}  # fmt: skip
NEW = {
    "encoder": "bert", "queries": "name", "window": 99, "context_position": 17, "match": True, "shared_layers": 2,
    "top_layers": 3, "lexicon": "terms.tsv",
}  # fmt: skip
REPLACING = {"modules": 3, "base": 0.1, "reach": 0.9, "initialisation": "mean", "shared_layers": 1}
CONSTANT = {"schedule": "constant", "rate": 0.8}
DISTILLATION = {"distill_logits": 1.5, "temperature": 3.0, "distill_borders": 2.5}


def arguments_of(options):
    arguments = []
    for name, value in options.items():
        if value is None:
            continue
        arguments += [f"--{name.replace('_', '-')}", *([] if value is True else [value])]
    return arguments


_NEW = NewPredecessor("bert", "name", 99, 17, True, 2, True, 3, "terms.tsv")
_PLAIN = NewPredecessor("bert", "name", 99, 17, True, 2, False)


def test_options_are_settings(command, stages):
    given = {**TRAINING, "token_budget": 77, "mixed_bfloat16": True}
    config = TrainingConfig(**{name: value for name, value in given.items() if name not in ("tokens", "bfloat16")})
    distillation = Distillation(1.5, 3.0, 2.5)
    for stage, options, settings in (
        (0, NEW, (config, _NEW)),
        (0, {**NEW, "no_words": True, "top_layers": None, "lexicon": None}, (config, _PLAIN)),
        (1, REPLACING | DISTILLATION, (config, Replacing(3, "linear", 0.1, 0.5, 0.9, "mean", 1), distillation)),
        (1, CONSTANT | DISTILLATION, (config, Replacing(schedule="constant", rate=0.8), distillation)),
        (2, DISTILLATION, (config, distillation)),
    ):
        stages.clear()
        assert command(*TRAIN, "--stage", stage, *arguments_of(TRAINING | options))[0] == 0
        ((found, found_settings, _),) = stages
        assert (found, found_settings) == (stage, settings)
    # Every setting has its option, and none of the values above is a default.
    assert len(TRAINING) + len(["devices"]) == len(fields(TrainingConfig))
    assert len(NEW) + len(["words"]) == len(fields(NewPredecessor))
    assert len(REPLACING | CONSTANT) == len(fields(Replacing)) and len(DISTILLATION) == len(fields(Distillation))
    for kind, made in ((TrainingConfig, config), (NewPredecessor, _NEW),
                       (Distillation, distillation)):  # fmt: skip
        assert all(
            getattr(made, item.name) != item.default for item in fields(kind) if item.name not in ("words", "devices")
        )


def test_options_that_are_no_settings(command, stages):
    assert command(*TRAIN, "--stage", 1, "--predecessor", "other/best", "--resume")[0] == 0
    assert command(*TRAIN, "--stage", 2, "--predecessor", "p", "--distill-logits", 1, "--overwrite")[0] == 0
    assert [call.more for call in stages] == [
        {"resume": True, "overwrite": False, "predecessor": Path("other/best")},
        {"resume": False, "overwrite": True, "predecessor": Path("p"), "successor": None},
    ]


def test_with_all_stages_the_shared_layers_are_the_successors(command, stages):
    assert (
        command(
            *TRAIN, "--all", "--no-words", "--shared-layers", 2, "--window", 99, "--distill-borders", 1, "--epochs", 5
        )[0]
        == 0
    )
    (_, (first, new), _), (_, (second, replacing, _), _), (_, (third, distillation), _) = stages
    assert new == NewPredecessor(window=99, words=False) and replacing == Replacing(shared_layers=2)
    assert distillation == Distillation(borders=1.0) and [c.epochs for c in (first, second, third)] == [5, 5, 5]


@pytest.mark.parametrize(
    ("stage", "options", "message"),
    [
        (1, ["--window", 100], "--window is read by stage 0, not by stage 1: leave it out"),
        (2, ["--match"], "--match is read by stage 0, not by stage 2: leave it out"),
        (2, ["--schedule", "constant"], "--schedule is read by stage 1, not by stage 2: leave it out"),
        (0, ["--modules", 3], "--modules is read by stage 1, not by stage 0: leave it out"),
        (2, ["--shared-layers", 3], "--shared-layers is read by stage 0 and 1, not by stage 2: leave it out"),
        (0, ["--distill-logits", 1], "--distill-logits is read by stage 1 and 2, not by stage 0: leave it out"),
        (1, ["--rate", 0.4, "--schedule", "linear"], "--rate is read by --schedule constant, not by linear: leave it out"),
        (1, ["--rate", 0.4], "--rate is read by --schedule constant, not by linear: leave it out"),
        (1, ["--base", 0.4, "--schedule", "constant"], "--base is read by --schedule linear, not by constant: leave it out"),
        (None, ["--rate", 0.4], "--rate is read by --schedule constant, not by linear: leave it out"),
        (0, ["--predecessor", "p"], "--predecessor is read by stage 1, and in stage 2 by distillation"),
        (2, ["--predecessor", "p"], "--predecessor is read by stage 1, and in stage 2 by distillation"),
        (1, ["--shared", 3], "--shared is now called --shared-layers"),
        (None, ["--shared", 3], "--shared is now called --shared-layers"),
        (1, ["--modules", 3, "--shared-layers", 4], "of a successor's 3 layers 0 to 3 can be shared. Received: 4"),
        (None, ["--no-words", "--modules", 3, "--shared-layers", 3], "a successor that shares all layers needs a predecessor"),
        (None, ["--shared-layers", 3], "a predecessor with words and its successor share all layers"),
        (0, ["--no-words", "--lexicon", "jieba"], "--lexicon is not read with --no-words"),
        (None, ["--no-words", "--top-layers", 2], "--top-layers is not read with --no-words"),
    ],
)  # fmt: skip
def test_an_option_that_is_not_read_is_refused(command, stages, stage, options, message):
    which = ["--all"] if stage is None else ["--stage", stage]
    status, _, err = command(*TRAIN, *which, *options)
    assert status == 2 and err.startswith(f"error: {message}") and err.count("\n") == 1
    assert stages == []


@pytest.mark.parametrize(
    ("options", "new", "changes"),
    [
        ([], NewPredecessor(), {}),
        (["--tokens", 77, "--loss", "bce", "--negative-ratio", 0.5, "--by-text", "--dropout", 0.4, "--bfloat16", "--seeds", 7,
          "--encoder", "bert", "--queries", "name", "--window", 99, "--context-position", 17, "--no-words"],
         NewPredecessor("bert", "name", 99, 17, words=False),
         {"token_budget": 77, "loss": "bce", "negative_ratio": 0.5, "by_text": True, "dropout": 0.4, "mixed_bfloat16": True,
          "seed": 7}),
    ],
)  # fmt: skip
def test_compare_trains_with_the_settings_of_train(command, monkeypatch, folder, options, new, changes):
    found = []

    def compare(data, out, wanted, seeds, settings, progress, texts):
        assert settings.new == new
        found.extend(stage_plans(candidate, seeds[0], settings) for candidate in (Candidate("predecessor"), *wanted))
        return []

    monkeypatch.setattr("bert_mrc_theseus.comparison.compare.compare", compare)
    assert command("compare", "data", "--out", "out", "--methods", "linear", *options)[0] == 0
    expected = {stage: TrainingConfig(**usual, **changes) for stage, usual in USUAL.items()}
    # Without words `compare` shares nothing unless a method says so.
    replacing = Replacing(shared_layers=None if new.words else 0)
    assert found == [[StagePlan(0, expected[0])], [StagePlan(1, expected[1], replacing), StagePlan(2, expected[2])]]


@pytest.mark.parametrize("without", [[0], [0, 1]])
def test_all_stages_stop_after_one_that_finds_nothing(command, monkeypatch, folder, without):
    ran = []
    for number, name in enumerate(("fine_tune_predecessor", "replace_modules", "fine_tune_successor")):

        def run(data, run, *settings, number=number, **more):
            ran.append(number)
            return StageResult(Path(f"run/stage{number}/best"), 0.0, 1, 0.1, number == without[-1])

        monkeypatch.setattr(f"bert_mrc_theseus.training.stages.{name}", run)
    status, _, err = command(*TRAIN, "--all")
    assert status == 1 and ran == without
    assert f"stage {without[-1]} finds no entity of dev" in err and f"stage {without[-1] + 1} was not begun" in err


def test_resume_and_overwrite_at_once_are_refused(command, stages):
    status, _, err = command(*TRAIN, "--stage", 0, "--resume", "--overwrite")
    assert status == 2 and "say one of the two" in err and stages == []


def test_sigterm_is_like_ctrl_c(command, monkeypatch, folder):
    found = []

    def run(*_, **__):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        except KeyboardInterrupt:
            found.append("interrupted")
            raise

    monkeypatch.setattr("bert_mrc_theseus.training.stages.fine_tune_predecessor", run)
    before = signal.getsignal(signal.SIGTERM)
    assert command(*TRAIN, "--stage", 0)[0] != 0 and found == ["interrupted"]
    assert signal.getsignal(signal.SIGTERM) == before


WITHOUT = "import sys; sys.modules['tensorflow'] = None; import bert_mrc_theseus.cli.app as cli; cli.main()"


@pytest.mark.parametrize(
    "arguments", [["train", "data", "--run", "r", "--stage", "0"], ["compare", "data", "--out", "o"]]
)
@pytest.mark.parametrize("backend", ["torch", "numpy", "nonsense"])
def test_a_backend_that_training_does_not_run_on_is_refused_at_once(command, folder, monkeypatch, arguments, backend):
    """Before TensorFlow or Keras is imported."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    status, _, err = command(*arguments)
    message = f"error: training runs on Keras' backends tensorflow and jax, not on '{backend}'"
    assert status == 1 and err.startswith(message) and err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["train", "data", "--run", "r", "--all"], ["compare", "data", "--out", "o"]])
def test_several_devices_on_tensorflow_are_refused_at_once(command, folder, monkeypatch, arguments):
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    status, _, err = command(*arguments, "--devices", 2)
    message = "error: on Keras' backend tensorflow training runs on one device: set KERAS_BACKEND=jax to train on 2"
    assert status == 1 and err.startswith(message) and err.count("\n") == 1


def without_tensorflow(*options):
    command = [sys.executable, "-c", WITHOUT, "train", "data", "--run", "r", "--stage", "0", *options]
    return subprocess.run(command, capture_output=True, text=True)


def test_training_without_tensorflow_says_what_to_install(folder):
    done = without_tensorflow()
    assert done.returncode == 1 and "pip install 'bert-mrc-theseus[train]'" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_settings_are_checked_before_tensorflow_is_imported(folder):
    done = without_tensorflow("--loss", "hinge")
    message = "error: loss is one of focal, bce, dice. Received: 'hinge'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
