"""Training of models with words: all stages, what is drawn, resuming."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.mrc.batch_types import TextBatch
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.text.interchange import read_documents
from bert_mrc_theseus.training import loop as training
from bert_mrc_theseus.training.config import Distillation, Replacing, TrainingConfig
from bert_mrc_theseus.training.plan import Plan
from tests.helpers.documents import toy_documents
from tests.helpers.models import make_pieces, make_weights
from tests.helpers.saved_models import word_model


@pytest.fixture(scope="module")
def words(trained, tmp_path_factory):
    """What `trained` is, of a model with words."""
    folder = tmp_path_factory.mktemp("words")
    write_huggingface(replace(make_weights(layers=4, hidden=32), pieces=make_pieces()), folder / "bert")
    (folder / "terms.tsv").write_text("北京\tLOC\n李明\tPER\n张高\tPER\n", encoding="utf-8")
    made = replace(trained, encoder=folder / "bert", run=folder / "run")
    made.train(0, words=True, lexicon=str(folder / "terms.tsv"), match=True)
    made.train(1, replacing=Replacing(modules=2), distillation=Distillation(logits=0.1, borders=0.1))
    made.train(2, epochs=10)
    return made


def test_all_stages(words):
    found = [load_model(words.run / f"stage{stage}" / "best") for stage in (0, 1, 2)]
    assert [model.spec.config.shared.layers for model in found] == [4, 2, 2]
    assert all(model.spec.config.shares_all and model.spec.config.words.sources == 1 for model in found)
    assert all(
        model.spec.pieces == found[0].spec.pieces and model.spec.lexicon == found[0].spec.lexicon for model in found
    )
    assert [source.name for source in found[2].spec.lexicon.sources] == ["terms"]
    predecessor, _, successor = (model.spec.record.scores["dev"]["micro"]["f1"] for model in found)
    assert predecessor > 0.8 and successor > 0.8
    documents = list(read_documents(words.data / "test.jsonl"))
    spec, engine = load_engine(words.run / "stage2" / "best")
    predicted = predict_documents(engine, documents, spec.examples(documents), spec.schema, spec.thresholds)
    assert strict_scores(documents, predicted, spec.schema.names).micro.f1 > 0.7


def test_stage_1_trains_the_successors_layers_only(words):
    before = load_file(words.run / "stage0" / "best" / "model.safetensors")
    after = load_file(words.run / "stage1" / "best" / "model.safetensors")
    for name, tensor in after.items():
        assert np.array_equal(before[name], tensor) == (not name.startswith("encoder.layer.")), name


def test_stage_2_trains_what_is_for_words_too(words):
    before = load_file(words.run / "stage1" / "best" / "model.safetensors")
    after = load_file(words.run / "stage2" / "best" / "model.safetensors")
    moved = {name for name in after if not np.array_equal(before[name], after[name])}
    assert {
        "embeddings.piece_embeddings.weight", "embeddings.words.gate", "embeddings.words.lexicon_embeddings.weight",
        "top.words.lexicon_embeddings.weight", "top.own.weight", "top.layer.0.output.dense.weight", "heads.fusion.query.weight",
    } <= moved  # fmt: skip


def test_an_interrupted_stage_resumes_to_the_same_weights(words, tmp_path, monkeypatch):
    (tmp_path / "stage1").symlink_to(words.run / "stage1")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.TrainingLog, "evaluation", interrupted)
        words.train(2, run=tmp_path, epochs=10, checkpoint_minutes=0.0)
    words.train(2, run=tmp_path, epochs=10, resume=True)
    expected, found = (load_file(run / "stage2" / "best" / "model.safetensors") for run in (words.run, tmp_path))
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor, err_msg=name)


def test_a_successor_of_a_model_with_words_shares_all_layers(words, tmp_path):
    with pytest.raises(ModelError, match="the predecessor shares 4 of 4 layers, the successor 1 of 2"):
        words.train(
            1, run=tmp_path / "run", predecessor=words.run / "stage0" / "best", replacing=Replacing(2, shared_layers=1)
        )


def test_a_model_with_words_shares_all_layers(words, tmp_path):
    with pytest.raises(UserError, match=r"shares all of its 4 layers: leave --shared-layers 2 out"):
        words.train(0, run=tmp_path / "run", words=True, shared_layers=2)


def test_without_words_all_layers_can_be_shared_too(words, tmp_path):
    found = load_model(words.train(0, run=tmp_path / "run", shared_layers=4, epochs=2))
    assert found.spec.config.shares_all and found.spec.config.words is None and found.spec.pieces is None


def test_a_lexicon_is_named_once(words, tmp_path):
    terms = str(words.encoder.parent / "terms.tsv")
    with pytest.raises(UserError, match="each lexicon can be named once"):
        words.train(0, run=tmp_path / "run", words=True, lexicon=f"{terms}, {terms}")


CONFIG = TrainingConfig(epochs=2, token_budget=200, source_dropout=0.5, entity_dropout=0.5)


def test_every_text_is_read_once_an_epoch_with_all_its_types_and_other_words_each_time():
    examples = word_model().spec.examples(toy_documents(30, 1), for_training=True)
    plan = Plan(examples, CONFIG)
    half = plan.total_steps // 2
    seen, lexicons = [], {}
    for step in range(plan.total_steps):
        inputs = plan.inputs(step)
        assert isinstance(inputs.batch, TextBatch)
        for query, context in inputs.batch.members:
            ids = inputs.batch.contexts.tokens.ids[context][: inputs.batch.contexts.lengths[context]]
            seen.append((step < half, bytes(ids), int(query)))
            lexicons.setdefault(bytes(ids), set()).add(
                inputs.batch.contexts.tokens.lexicon[context][: len(ids)].tobytes()
            )
    assert len(seen) == 2 * len(examples.all_pairs())
    first, second = (sorted(x[1:] for x in seen if x[0] is which) for which in (True, False))
    assert first == second
    again = Plan(examples, CONFIG).inputs(1).batch.contexts.tokens.lexicon
    np.testing.assert_array_equal(again, plan.inputs(1).batch.contexts.tokens.lexicon)
    assert sum(len(different) > 1 for different in lexicons.values()) > 5


def test_nothing_is_taken_out_at_prediction():
    spec = word_model().spec
    documents = toy_documents(5, 1)
    assert not spec.examples(documents).in_lexicon
    for mine, other in zip(
        spec.examples(documents, for_training=True).contexts, spec.examples(documents).contexts, strict=True
    ):
        np.testing.assert_array_equal(mine.lexicon, other.lexicon)
