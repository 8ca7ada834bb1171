"""A stage that was interrupted or killed goes on as if it had not been."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.model_files.run_folder import StageFolder
from bert_mrc_theseus.training import loop as training
from bert_mrc_theseus.training.config import Distillation, Replacing, TrainingConfig, settings_record
from bert_mrc_theseus.training.progress import Silence
from bert_mrc_theseus.training.resume import TrainingState, load_checkpoint, save_checkpoint
from tests.helpers.models import make_weights
from tests.helpers.runs import Trained, loop_task, only_stage_0, run_loop


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
    config = trained.config(1, evaluate_every=10**6)
    shared = Replacing(modules=2, shared_layers=1)
    trained.train(1, run=tmp_path / "whole", replacing=shared, evaluate_every=10**6)
    command = [sys.executable, "-m", "bert_mrc_theseus", "train", str(trained.data), "--run", str(tmp_path / "run")]
    command += ["--stage", "1", "--epochs", str(config.epochs), "--learning-rate", str(config.learning_rate)]
    command += ["--tokens", str(config.token_budget), "--modules", "2", "--shared-layers", "1"]
    command += ["--evaluate-every", str(10**6), "--checkpoint-minutes", "0.0001"]
    log = tmp_path / "run" / "stage1" / "log.csv"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not log.is_file() or len(log.read_text().splitlines()) < 15:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "run" / "stage1" / "report.json").exists()
    said: list[str] = []
    settings = {"evaluate_every": 10**6, "checkpoint_minutes": 0.0001}
    trained.train(1, run=tmp_path / "run", resume=True, replacing=shared, said=said, **settings)
    (resumed_after,) = (
        int(text.split("resuming after step ")[1].split()[0]) for text in said if "resuming after" in text
    )
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


@pytest.fixture(scope="module")
def interrupted(trained, tmp_path_factory) -> Path:
    """A run folder with a checkpoint of stage 1, from before its first evaluation; to be left as it is."""

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    run = only_stage_0(trained, tmp_path_factory.mktemp("interrupted"))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.TrainingLog, "evaluation", interrupt)
        trained.train(1, run=run, checkpoint_minutes=0.0)
    return run


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def with_other_weights(source: Path, target: Path) -> None:
    """Writes the model of a folder, trained a little differently."""
    model = load_model(source)
    tensors = {name: tensor * np.float32(1.001) for name, tensor in model.tensors.items()}
    save_model(target, SavedModel(model.spec, tensors))


@pytest.fixture
def interrupted_run(interrupted, tmp_path) -> Path:
    """A run of one's own with a stage 1 that was interrupted."""
    return Path(shutil.copytree(interrupted, tmp_path / "run"))


def test_a_refused_resume_names_what_changed_and_changes_nothing(trained, interrupted_run, tmp_path):
    before = snapshot(interrupted_run / "stage1")
    with pytest.raises(ModelError, match=r"other settings \(learning_rate: 0\.003 then, 0\.001 now\).*--overwrite"):
        trained.train(1, run=interrupted_run, resume=True, learning_rate=1e-3)
    other = tmp_path / "data"
    shutil.copytree(trained.data, other)
    with open(other / "dev.jsonl", "a", encoding="utf-8") as stream:
        stream.write('{"id": "more", "text": "这是上海", "entities": []}\n')
    with pytest.raises(ModelError, match=r"data: .*dev\.jsonl.* then, .*dev\.jsonl.* now"):
        Trained(other, trained.encoder, trained.run).train(1, run=interrupted_run, resume=True)
    with_other_weights(trained.run / "stage0" / "best", interrupted_run / "stage0" / "best")
    with pytest.raises(ModelError, match=r"\(starting_weights: SHA-256 \w{12} then, \w{12} now\)"):
        trained.train(1, run=interrupted_run, resume=True)
    assert snapshot(interrupted_run / "stage1") == before


def test_a_finished_stage_is_not_taken_for_one_of_other_settings_data_or_weights(trained, tmp_path):
    """Nor is one of another encoder, window or queries."""
    with pytest.raises(ModelError, match=r"stage2/report\.json.*learning_rate: 0\.001 then, 0\.5 now.*--overwrite"):
        trained.train(2, resume=True, learning_rate=0.5)
    run = Path(shutil.copytree(trained.run, tmp_path / "run"))
    with_other_weights(trained.run / "stage1" / "best", run / "stage1" / "best")
    with pytest.raises(ModelError, match="starting_weights"):
        trained.train(2, run=run, resume=True)
    write_huggingface(make_weights(layers=4, hidden=32, seed=1), tmp_path / "encoder")
    with pytest.raises(ModelError, match="starting_weights"):
        Trained(trained.data, tmp_path / "encoder", run).train(0, resume=True)
    with pytest.raises(ModelError, match=r"match: None then, \{"):
        trained.train(0, resume=True, match=True)
    with pytest.raises(ModelError, match="shared: "):
        trained.train(0, resume=True, shared_layers=1)
    data = Path(shutil.copytree(trained.data, tmp_path / "data"))
    (data / "queries.toml").write_text('[PER]\nshort = "谁"\n[LOC]\nshort = "地名"\n', encoding="utf-8")
    with pytest.raises(ModelError, match=r"queries: \{'PER': '人名'"):
        Trained(data, trained.encoder, trained.run).train(0, resume=True)


def test_the_match_head_of_a_finished_predecessor_is_no_change(trained, tmp_path):
    run = tmp_path / "run"
    trained.train(0, run=run, match=True, epochs=1)
    trained.train(0, run=run, match=True, epochs=1, resume=True)
    with pytest.raises(ModelError, match=r"match: \{"):
        trained.train(0, run=run, epochs=1, resume=True)


def test_the_teacher_is_part_of_what_a_stage_starts_from(trained, tmp_path):
    settings = {"distillation": Distillation(logits=0.1), "epochs": 1}
    run = tmp_path / "run"
    run.mkdir()
    for stage in (0, 1):
        os.symlink(trained.run / f"stage{stage}", run / f"stage{stage}")
    trained.train(2, run=run, **settings)
    with_other_weights(trained.run / "stage0" / "best", tmp_path / "teacher")
    with pytest.raises(ModelError, match=r"\(teacher_weights: SHA-256"):
        trained.train(2, run=run, resume=True, predecessor=tmp_path / "teacher", **settings)


def test_a_damaged_checkpoint_is_reported(tmp_path, no_steps):
    run_loop(tmp_path, loop_task())
    path = StageFolder(tmp_path, 0).checkpoint
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
        run_loop(tmp_path, loop_task(), resume=True)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path, no_steps, monkeypatch):
    run_loop(tmp_path, loop_task())
    path = StageFolder(tmp_path, 0).checkpoint
    before = path.read_bytes()

    def full(tensors, new, metadata):
        new.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bert_mrc_theseus.training.resume.save_file", full)
    with pytest.raises(UserError, match=r"No space left on device.*still there"):
        run_loop(tmp_path, loop_task())
    assert path.read_bytes() == before and not list(tmp_path.glob(".*"))


FLAT = {
    "epochs": 10, "learning_rate": 3e-3, "warmup": 0.1, "weight_decay": 0.01, "clip": 1.0, "loss": "focal", "token_budget": 512,
    "negative_ratio": 1.0, "by_text": False, "silver_weight": 0.5, "seed": 42, "mixed_bfloat16": False, "patience": 0,
    "evaluate_every": 0, "dropout": 0.1, "modules": 2, "schedule": "linear", "base": 0.3, "reach": 0.7, "rate": 0.5,
    "initialisation": "first", "shared": 0, "distill_logits": 0.0, "temperature": 2.0, "distill_borders": 0.0,
}  # fmt: skip
"""The settings of stage 1 of `Trained`, as format version 2's first programs kept them in a checkpoint."""

CONFIG = TrainingConfig(epochs=10, learning_rate=3e-3, token_budget=512)
ENCODER = {
    "vocab_size": 300, "hidden_size": 32, "num_layers": 4, "num_heads": 2, "intermediate_size": 64, "max_positions": 128,
    "type_vocab_size": 2, "layer_norm_eps": 1e-12,
}  # fmt: skip
SAME = {
    "queries": {"PER": "人名", "LOC": "地名"},
    "window": {"size": 100, "overlap": 25},
    "match": None,
    "data": {"train.jsonl": "1", "dev.jsonl": "2"},
}


def old_fingerprint(stage, changes=(), **others):
    encoder = {**ENCODER, "hidden_dropout": 0.1, "attention_dropout": 0.1}
    sharing = {"modules": 0, "context_position": 16}
    return {
        "stage": stage,
        "config": {**FLAT, **dict(changes)},
        "encoder": encoder,
        "sharing": sharing,
        **SAME,
        **others,
    }


def fingerprint(
    stage, config=CONFIG, replacing=Replacing(modules=2, shared_layers=0), distillation=Distillation(), **others
):
    settings = settings_record(config, replacing if stage == 1 else None, distillation if stage else None)
    return {"stage": stage, **settings, "encoder": ENCODER, "shared": {"layers": 0, "position": 16}, **SAME, **others}


def resumed(path, then, now):
    """The state and the value that a run of fingerprint `now` gets from a checkpoint of `then`."""
    state = TrainingState(7, 0.5, 4, 1, 12.5, [{"step": 4}])
    save_checkpoint(path, [keras.Variable(np.full(3, 2.0, "float32"))], state, then)
    variable = keras.Variable(np.zeros(3, "float32"))
    try:
        found = load_checkpoint(path, [variable], now, Silence(), "stage")
    except ModelError:
        assert not variable.numpy().any(), "restored although it was refused"
        raise
    assert found == state
    return variable.numpy().tolist()


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_checkpoint_of_an_older_program_is_resumed(tmp_path, stage):
    path = tmp_path / "checkpoint"
    assert resumed(path, old_fingerprint(stage), fingerprint(stage)) == [2.0, 2.0, 2.0]
    # What a stage did not read may have been anything.
    unread = {0: {"modules": 3, "distill_logits": 1.0}, 1: {}, 2: {"modules": 3, "schedule": "constant", "shared": 1}}
    assert resumed(path, old_fingerprint(stage, unread[stage]), fingerprint(stage)) == [2.0, 2.0, 2.0]
    often = TrainingConfig(epochs=10, learning_rate=3e-3, token_budget=512, checkpoint_minutes=0.5)
    assert resumed(path, fingerprint(stage), fingerprint(stage, often)) == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("stage", "changes", "others", "message"),
    [
        (0, {"learning_rate": 1e-3}, {}, r"\(learning_rate: 0\.001 then, 0\.003 now\)"),
        (0, {"dropout": 0.0}, {}, r"\(dropout: 0\.0 then, 0\.1 now\)"),
        (1, {"modules": 3}, {}, r"\(modules: 3 then, 2 now\)"),
        (1, {"shared": None}, {}, r"\(shared_layers: None then, 0 now\)"),
        (1, {"rate": 0.25}, {}, r"\(rate: 0\.25 then, 0\.5 now\)"),
        (2, {"distill_logits": 0.5, "seed": 1}, {}, r"\(seed: 1 then, 42 now; logits: 0\.5 then, 0\.0 now\)"),
        (
            2,
            {},
            {"sharing": {"modules": 1, "context_position": 16}},
            r"\(shared: \{'layers': 1, .* then, \{'layers': 0, .*\)",
        ),
        (0, {}, {"encoder": {**ENCODER, "num_layers": 5, "hidden_dropout": 0.1}}, r"\(encoder: .*'num_layers': 5.*\)"),
        (1, {}, {"data": {}}, r"\(data: \{\} then, \{'train\.jsonl': '1', 'dev\.jsonl': '2'\} now\)"),
    ],
)
def test_what_changed_since_an_older_checkpoint_is_named(tmp_path, stage, changes, others, message):
    with pytest.raises(ModelError, match=f"other settings {message}: use the same ones to resume it"):
        resumed(tmp_path / "checkpoint", old_fingerprint(stage, changes, **others), fingerprint(stage))


def test_a_stage_that_an_older_program_began_goes_on(trained, interrupted_run):
    run = interrupted_run
    path = StageFolder(run / "stage1", 1).checkpoint
    with safe_open(path, framework="numpy") as stored:
        metadata = stored.metadata()
    now = json.loads(metadata["fingerprint"])
    then = old_fingerprint(
        1,
        encoder={**now["encoder"], "hidden_dropout": 0.1, "attention_dropout": 0.1},
        **{name: now[name] for name in ("queries", "window", "match", "data")},
    )
    assert set(now) - set(then) == {"replacing", "distillation", "shared", "starting_weights"}
    save_file(load_file(path), path, {**metadata, "fingerprint": json.dumps(then)})
    with pytest.raises(ModelError, match=r"\(modules: 2 then, 3 now\)"):
        trained.train(1, run=run, resume=True, replacing=Replacing(modules=3, shared_layers=0))
    said: list[str] = []
    trained.train(1, run=run, resume=True, said=said)
    assert any("older program, which did not write down the weights" in text for text in said)
    expected = load_file(trained.run / "stage1" / "best" / "model.safetensors")
    found = load_file(run / "stage1" / "best" / "model.safetensors")
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor, err_msg=name)
