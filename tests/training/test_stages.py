"""The three stages together, on a toy corpus and a random encoder."""

import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.evaluation.evaluate import evaluate_model
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.model_files.model_folder import load_model, load_spec
from bert_mrc_theseus.model_files.successor import initial_successor
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import read_documents, write_documents
from bert_mrc_theseus.training.config import Distillation, Replacing
from bert_mrc_theseus.training.data import load_data
from bert_mrc_theseus.training.progress import Silence
from bert_mrc_theseus.training.stages import replace_modules
from tests.helpers.runs import only_stage_0


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_stage_learns_and_its_saved_model_scores_what_it_reports(trained, stage):
    saved = load_model(trained.run / f"stage{stage}" / "best")
    assert saved.spec.config.encoder.num_layers == (4 if stage == 0 else 2)
    documents = list(read_documents(trained.data / "dev.jsonl"))
    found = evaluate_model(keras_engine(keras_model(saved)), saved.spec, documents)
    report = trained.report(stage)
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
    own = replace(trained, encoder=trained.taught, run=tmp_path / "run")
    own.train(0, shared_layers=2, by_text=True, epochs=3)
    distillation = Distillation(logits=0.1)
    own.train(1, replacing=Replacing(modules=2), distillation=distillation, by_text=True, epochs=5)
    own.train(2, epochs=3, by_text=True)
    found = [load_model(own.run / f"stage{stage}" / "best").spec for stage in (0, 1, 2)]
    assert [spec.config.shared.layers for spec in found] == [2, 1, 1]
    assert all(spec.record.config["by_text"] for spec in found)
    predecessor, _, successor = (spec.record.scores["dev"]["micro"]["f1"] for spec in found)
    assert predecessor > 0.4 and successor > 0.4


def test_the_record_says_how_the_model_was_made(trained):
    record = load_spec(trained.run / "stage1" / "best").record
    assert record.data["train.jsonl"] == sha256_of(trained.data / "train.jsonl")
    assert record.stage == 1 and record.seed == 42 and record.more["replacing"]["schedule"] == "linear"
    assert record.versions["keras"] and record.starts_from == "stage0/best"
    before = load_spec(trained.run / "stage0" / "best").record
    assert record.scores["before"]["dev"]["micro"] == before.scores["dev"]["micro"]


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
        trained.train(1, run=only_stage_0(trained, tmp_path), replacing=Replacing(modules=5))


def test_overwriting_with_settings_that_are_refused_keeps_what_the_stage_had(trained, tmp_path):
    run = shutil.copytree(trained.run, tmp_path / "run")
    before = sha256_of(run / "stage1" / "best" / "model.safetensors")
    with pytest.raises(UserError, match="4 layers has no 5 modules"):
        trained.train(1, run=run, overwrite=True, replacing=Replacing(modules=5))
    assert sha256_of(run / "stage1" / "best" / "model.safetensors") == before
    assert (run / "stage1" / "report.json").is_file()


def test_an_incomplete_data_folder_names_the_file(tmp_path):
    with pytest.raises(DataError, match=r"train\.jsonl is missing .*preprocess"):
        load_data(tmp_path, "query")


def test_stages_1_and_2_with_distillation_and_another_runs_predecessor(trained, tmp_path):
    run, settings = tmp_path / "run", {"distillation": Distillation(logits=1.0, borders=0.5), "epochs": 1}
    predecessor = trained.run / "stage0" / "best"
    trained.train(1, run=run, predecessor=predecessor, **settings)
    best = trained.train(2, run=run, predecessor=predecessor, **settings)
    record = load_spec(best).record
    assert record.more["distillation"] == {"logits": 1.0, "temperature": 2.0, "borders": 0.5}
    assert record.starts_from == "stage1/best"
    assert load_spec(run / "stage1" / "best").record.starts_from == str(predecessor)


def test_no_epochs_of_stage_1_give_the_predecessors_first_layers(trained, tmp_path):
    best = trained.train(1, run=tmp_path / "run", predecessor=trained.run / "stage0" / "best", epochs=0)
    found, whole = load_model(best), load_model(trained.run / "stage0" / "best")
    expected = initial_successor(dict(whole.tensors), whole.spec.config.encoder.num_layers, 2, "first")
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found.tensors[name], tensor)
    assert found.spec.config.encoder.num_layers == 2
    trained.train(2, run=tmp_path / "run", epochs=1)


class Policies(Silence):
    """Keeps Keras' dtype policy of the moment in which the training begins."""

    def __init__(self):
        self.seen = []

    def begin(self, title, total, done):
        self.seen.append(keras.config.dtype_policy().name)


def test_a_stage_in_bfloat16_leaves_the_dtype_policy_as_it_was(trained, tmp_path):
    run, progress = only_stage_0(trained, tmp_path), Policies()
    config = trained.config(1, epochs=1, mixed_bfloat16=True)
    usual = keras.config.dtype_policy()
    # Another than any stage sets.
    keras.config.set_dtype_policy("mixed_float16")
    try:
        result = replace_modules(trained.data, run, config, Replacing(modules=2), progress=progress)
        assert keras.config.dtype_policy().name == "mixed_float16" and result.best.is_dir()
        with pytest.raises(UserError, match="has no 5 modules"):
            replace_modules(trained.data, run, config, Replacing(modules=5), progress=progress, overwrite=True)
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy(usual)
    assert progress.seen == ["mixed_bfloat16"]
