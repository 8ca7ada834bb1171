"""The three stages together, on a toy corpus and a random encoder."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.evaluation.evaluate import evaluate_model
from bert_mrc_theseus.files import sha256_of
from bert_mrc_theseus.model.theseus import initial_successor
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.text.documents import Document, Entity, read_documents, write_documents
from bert_mrc_theseus.training.stages import load_data
from tests.helpers.runs import only_stage_0


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_stage_learns_and_its_saved_model_scores_what_it_reports(trained, stage):
    saved = load_model(trained.run / f"stage{stage}" / "best")
    assert saved.encoder.num_layers == (4 if stage == 0 else 2)
    documents = list(read_documents(trained.data / "dev.jsonl"))
    found = evaluate_model(keras_engine(keras_model(saved)), saved, documents)
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


def test_stages_1_and_2_with_distillation_and_another_runs_predecessor(trained, tmp_path):
    run, settings = tmp_path / "run", {"distill_logits": 1.0, "distill_borders": 0.5, "epochs": 1}
    predecessor = trained.run / "stage0" / "best"
    trained.train(1, run=run, predecessor=predecessor, **settings)
    best = trained.train(2, run=run, predecessor=predecessor, **settings)
    record = load_model(best).record
    assert record["config"]["distill_logits"] == 1.0 and record["starts_from"] == "stage1/best"
    assert load_model(run / "stage1" / "best").record["starts_from"] == str(predecessor)


def test_no_epochs_of_stage_1_give_the_predecessors_first_layers(trained, tmp_path):
    best = trained.train(1, run=tmp_path / "run", predecessor=trained.run / "stage0" / "best", epochs=0)
    found, whole = load_model(best), load_model(trained.run / "stage0" / "best")
    expected = initial_successor(dict(whole.tensors), whole.encoder.num_layers, 2, "first")
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found.tensors[name], tensor)
    assert found.encoder.num_layers == 2
    trained.train(2, run=tmp_path / "run", epochs=1)
