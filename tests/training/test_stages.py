"""The three stages together, on a toy corpus and a random encoder."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.errors import DataError, ModelError, UserError
from bert_mrc_theseus.evaluation.evaluate import evaluate_model
from bert_mrc_theseus.files import sha256_of
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.text.documents import Document, Entity, read_documents, write_documents
from bert_mrc_theseus.training.stages import load_data
from tests.helpers.runs import only_stage_0


def report_of(trained, stage):
    return json.loads((trained.run / f"stage{stage}" / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_stage_learns_and_its_saved_model_scores_what_it_reports(trained, stage):
    saved = load_model(trained.run / f"stage{stage}" / "best")
    assert saved.encoder.num_layers == (4 if stage == 0 else 2)
    documents = list(read_documents(trained.data / "dev.jsonl"))
    found = evaluate_model(keras_engine(keras_model(saved)), saved, documents)
    report = report_of(trained, stage)
    assert found.strict.micro.f1 == pytest.approx(report["best_f1"], abs=1e-6)
    assert report["best_f1"] > 0.8


def test_stage_1_leaves_embeddings_and_heads_as_they_were(trained):
    before = load_file(trained.run / "stage0" / "best" / "model.safetensors")
    after = load_file(trained.run / "stage1" / "best" / "model.safetensors")
    for name, tensor in after.items():
        frozen = name.startswith(("embeddings.", "heads."))
        assert np.array_equal(before[name], tensor) == frozen, name


def test_stage_2_trains_everything(trained):
    before = load_file(trained.run / "stage1" / "best" / "model.safetensors")
    after = load_file(trained.run / "stage2" / "best" / "model.safetensors")
    # A key's bias shifts all scores of a query alike, and unused rows of the embeddings have no gradient.
    unmoved = [name for name in after if np.array_equal(before[name], after[name])]
    assert all(name.endswith("key.bias") for name in unmoved)


def test_all_stages_by_text_with_shared_layers_in_the_predecessor(trained, tmp_path):
    run, settings = tmp_path / "run", {"shared": 1, "by_text": True}
    trained.train(0, run=run, shared_layers=2, **settings)
    trained.train(1, run=run, distill_logits=0.1, **settings)
    trained.train(2, run=run, epochs=10, **settings)
    found = [load_model(run / f"stage{stage}" / "best") for stage in (0, 1, 2)]
    assert [model.sharing.modules for model in found] == [2, 1, 1]
    assert all(model.record["config"]["by_text"] for model in found)
    # A random encoder whose last layers alone see the query learns more slowly than the others here.
    predecessor, _, successor = (model.record["scores"]["dev"]["micro"]["f1"] for model in found)
    assert predecessor > 0.4 and successor > 0.4


def test_the_record_says_how_the_model_was_made(trained):
    record = load_model(trained.run / "stage1" / "best").record
    assert record["data"]["train.jsonl"] == sha256_of(trained.data / "train.jsonl")
    assert record["config"]["seed"] == 42 and record["config"]["schedule"] == "linear"
    assert record["versions"]["keras"] and record["starts_from"] == "stage0/best"
    assert (
        record["scores"]["before"]["dev"]["micro"]
        == load_model(trained.run / "stage0" / "best").record["scores"]["dev"]["micro"]
    )


def test_logs(trained):
    with open(trained.run / "stage1" / "log.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    steps = [row for row in rows if row["loss"]]
    assert [int(row["step"]) for row in steps] == list(range(1, report_of(trained, 1)["steps"] + 1))
    rates = [float(row["replace_rate"]) for row in steps]
    assert rates[0] == pytest.approx(0.3) and rates[-1] == 1.0 and rates == sorted(rates)
    assert len([row for row in rows if row["f1"]]) == 10
    assert list((trained.run / "stage1" / "tensorboard").iterdir())


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
    changes = {"evaluate_every": 10**6, "shared": 1}
    config = trained.config(1, **changes)
    trained.train(1, run=tmp_path / "whole", **changes)
    command = [sys.executable, "-m", "bert_mrc_theseus", "train", str(trained.data), "--run", str(tmp_path / "run")]
    command += ["--stage", "1", "--epochs", str(config.epochs), "--learning-rate", str(config.learning_rate)]
    command += [
        "--tokens",
        str(config.token_budget),
        "--modules",
        "2",
        "--shared",
        "1",
        "--evaluate-every",
        str(10**6),
        "--checkpoint-minutes",
        "0.0001",
    ]
    log = tmp_path / "run" / "stage1" / "log.csv"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not log.is_file() or len(log.read_text().splitlines()) < 15:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "run" / "stage1" / "report.json").exists()
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    resumed_after = int(done.stderr.split("resuming after step ")[1].split()[0])
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


def test_stage_1_needs_stage_0(trained, tmp_path):
    with pytest.raises(UserError, match="run stage 0 first"):
        trained.train(1, run=tmp_path / "run")


def test_the_data_must_keep_their_types(trained, tmp_path):
    for name in ("train", "dev"):
        write_documents(tmp_path / "data" / f"{name}.jsonl", [Document("a", "好", (Entity(0, 1, "X"),))])
    (tmp_path / "data" / "queries.toml").write_text('[X]\nshort = "好"\n', encoding="utf-8")
    other = type(trained)(tmp_path / "data", trained.encoder, trained.run)
    with pytest.raises(DataError, match="the data have the types X, the model of stage 0 PER, LOC"):
        other.train(1, overwrite=False, run=only_stage_0(trained, tmp_path))


def test_more_modules_than_layers(trained, tmp_path):
    with pytest.raises(UserError, match="4 layers has no 5 modules"):
        trained.train(1, run=only_stage_0(trained, tmp_path), modules=5)


def test_an_incomplete_data_folder_names_the_file(tmp_path):
    with pytest.raises(DataError, match=r"train\.jsonl is missing .*preprocess"):
        load_data(tmp_path, "query")


def test_a_resumed_run_must_have_the_same_settings(trained, tmp_path, monkeypatch):
    import bert_mrc_theseus.training.loop as training

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    run = only_stage_0(trained, tmp_path)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.TrainingLog, "log_evaluation", interrupted)
        trained.train(1, run=run, checkpoint_minutes=0.0)
    with pytest.raises(ModelError, match=r"other settings \(config: .*--overwrite"):
        trained.train(1, run=run, resume=True, learning_rate=1e-3)
