"""Nested entities: match head, its loss, decoding, engines, windows, and training through all stages."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.decoding.spans import REJECTED, Decoding, Thresholds, nested_spans
from bert_mrc_theseus.engines.engine import PairEngine, predict_documents, without_blanks
from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.engines.onnx_engine import OnnxEngine
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.evaluation.evaluate import MATCHES, evaluate_model, tune_on
from bert_mrc_theseus.evaluation.metrics import nested_recall
from bert_mrc_theseus.model.heads import MatchHead
from bert_mrc_theseus.model.mrc_model import export_tensors, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.mrc.examples import MatchShape, WindowSize, build_examples, longest_span
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.documents import Document, Entity, read_documents, write_documents
from bert_mrc_theseus.text.schema import EntityType, Schema
from bert_mrc_theseus.training.losses import match_loss
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.documents import nested_toys, toy_documents
from tests.helpers.models import batch_of, make_weights
from tests.helpers.saved_models import match_model
from tests.helpers.strategies import documents

SCHEMA = Schema((EntityType("PER", "人名"), EntityType("LOC", "地"), EntityType("ORG", "机构")))
RANDOM = np.random.default_rng(0)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.maximum(np.asarray(x, "float64"), -500.0)))


def random_head(hidden=8, size=4, longest=4):
    head = MatchHead(hidden, MatchShape(size, longest))
    random = np.random.default_rng(7)
    for variable in head.trainable_variables:
        variable.assign(random.standard_normal(variable.shape))
    return head


def test_the_head_is_a_scaled_product_of_rotated_vectors_with_a_term_for_the_length():
    head, hidden = random_head(), RANDOM.standard_normal((2, 6, 8)).astype("float32")
    found = np.array(head(hidden))
    kernel, bias, lengths = (np.array(v) for v in (head.kernel, head.bias, head.lengths))
    projected = hidden @ kernel + bias
    # Pairs of dimensions as complex numbers: turning both ends by their positions is turning one by the distance.
    first, last = (part[..., :2] + 1j * part[..., 2:] for part in (projected[..., :4], projected[..., 4:]))
    frequencies = np.array([1.0, 10000.0**-0.5])
    for i in range(6):
        for j in range(6):
            if 0 <= j - i < 4:
                turned = last[:, j] * np.exp(1j * (j - i) * frequencies)
                expected = (first[:, i].conj() * turned).real.sum(-1) / np.sqrt(4) + lengths[j - i]
                np.testing.assert_allclose(found[:, i, j], expected, rtol=1e-4, atol=1e-5)
            else:
                assert (found[:, i, j] < -1e8).all()


@pytest.mark.parametrize("size", [0, 5])
def test_an_odd_size_is_refused(size):
    with pytest.raises(ValueError, match="even"):
        MatchShape(size, 4)


def test_the_loss_is_over_true_pairs_and_likely_ones():
    scores = RANDOM.normal(0, 2, (1, 4, 4)).astype("float32")
    scores[0, np.tril_indices(4, -1)[0], np.tril_indices(4, -1)[1]] = -1e9
    labels, ends = np.zeros((1, 4, 4), "float32"), np.zeros((1, 4, 2), "float32")
    labels[0, 1, 2] = ends[0, 1, 0] = ends[0, 2, 1] = 1.0
    logits = np.full((1, 4, 2), -9.0, "float32")
    logits[0, 0, 0] = logits[0, 3, 1] = 5.0
    # Starts 0 (likely) and 1 (true), ends 2 (true) and 3 (likely).
    pairs = [(0, 2), (0, 3), (1, 2), (1, 3)]
    p = sigmoid(scores[0])
    expected = -np.mean([np.log(p[i, j] if labels[0, i, j] else 1 - p[i, j]) for i, j in pairs])
    mask = np.ones((1, 4), "float32")
    assert float(match_loss(scores, labels, logits, ends, mask)) == pytest.approx(expected, rel=1e-4)
    mask[0, 3] = 0.0
    expected = -np.mean([np.log(p[i, j] if labels[0, i, j] else 1 - p[i, j]) for i, j in ((0, 2), (1, 2))])
    assert float(match_loss(scores, labels, logits, ends, mask)) == pytest.approx(expected, rel=1e-4)
    assert float(match_loss(scores, labels, logits, ends, np.zeros((1, 4), "float32"))) == 0.0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=8))
def test_decoding_gives_back_any_set_of_spans(pairs):
    spans = {(start, min(10, start + length)) for start, length in pairs}
    ends, matches = np.zeros((10, 2)), np.zeros((10, 10))
    for start, end in spans:
        ends[start, 0] = ends[end - 1, 1] = matches[start, end - 1] = 1.0
    assert nested_spans(ends, matches, Thresholds()) == [(start, end, 1.0) for start, end in sorted(spans)]


def test_decoding_needs_start_and_end_and_the_score_is_the_geometric_mean_of_all_three():
    ends, matches = np.full((2, 2), 0.6), np.full((2, 2), 0.7)
    assert [s[:2] for s in nested_spans(ends, matches, Thresholds())] == [(0, 1), (0, 2), (1, 2)]
    assert nested_spans(ends, matches, Thresholds())[0][2] == pytest.approx((0.6 * 0.6 * 0.7) ** (1 / 3))
    for thresholds in (Thresholds(0.61), Thresholds(0.5, 0.61)):
        assert nested_spans(ends, matches, thresholds) == []


def test_a_nearest_end_needs_only_not_to_be_rejected():
    ends, matches = np.full((2, 2), 0.6), np.full((2, 2), 0.7)
    unsure = Thresholds(0.5, 0.5, 0.71)
    assert [s[:2] for s in nested_spans(ends, matches, unsure)] == [(0, 1), (1, 2)]
    matches[0, 0] = REJECTED / 2
    assert [s[:2] for s in nested_spans(ends, matches, unsure)] == [(1, 2)]
    assert [s[:2] for s in nested_spans(ends, matches, Thresholds())] == [(0, 2), (1, 2)]


def nested_oracle(gold, build):
    """An engine that knows the spans of documents, in whatever window they are whole; windows are known by their tokens."""
    known = {}
    examples = build(gold)
    pairs = examples.all_pairs()
    rows = zip(
        examples.batch(pairs)["token_ids"], examples.lengths(pairs), examples.labels(pairs), examples.match_labels(pairs),
        strict=True,
    )  # fmt: skip
    for ids, length, ends, matches in rows:
        known[tuple(ids[:length].tolist())] = (ends[:length], matches[:length, :length])

    def run(batch):
        shape = batch["token_ids"].shape
        ends, matches = np.zeros((*shape, 2), np.float32), np.zeros((*shape, shape[1]), np.float32)
        for i, (ids, length) in enumerate(zip(batch["token_ids"].tolist(), batch["lengths"], strict=True)):
            ends[i, :length], matches[i, :length, :length] = known[tuple(ids[:length])]
        return ends, matches

    return PairEngine(lambda batch: run(batch)[0], run)


TOKENIZER = Tokenizer(make_weights().vocab)


@given(documents(max_size=80, nested=True))
def test_spans_that_a_window_holds_whole_are_found_once(document):
    document = without_blanks(document)

    def build(items):
        return build_examples(items, SCHEMA, TOKENIZER, WindowSize(16, 6), 16, 512)

    # Two windows of equal tokens ([UNK] stands for all characters that the vocabulary lacks) would be one to the oracle.
    examples = build([document])
    assume(len({tuple(ids) for ids in examples.contexts}) == len(examples.contexts))
    (found,) = predict_documents(
        nested_oracle([document], build), [document], examples, SCHEMA, Thresholds(), Decoding.NESTED
    )
    windows = [window for _, window in examples.places]
    whole = [e for e in document.entities if any(w.start <= e.start and e.end <= w.end for w in windows)]
    assert list(found.entities) == whole
    assert len(document.entities) - len(whole) == examples.clipped


@pytest.mark.parametrize("shared", [0, 2])
def test_engines_accept_the_same_spans(shared, tmp_path):
    model = match_model(shared)
    save_model(tmp_path / "model", model)
    again = load_model(tmp_path / "model")
    assert again.match == model.match
    examples = model.examples(toy_documents(12, 3))
    thresholds = Thresholds(0.3, 0.3, 0.3)
    keras = keras_engine(keras_model(again)).spans(examples, thresholds)
    onnx = OnnxEngine(serialised(build_graphs(model)), 16).spans(examples, thresholds)
    assert sum(map(len, keras)) > 20
    for mine, theirs in zip(keras, onnx, strict=True):
        assert [span[:3] for span in sorted(mine)] == [span[:3] for span in sorted(theirs)]
        np.testing.assert_allclose([s[3] for s in sorted(mine)], [s[3] for s in sorted(theirs)], atol=1e-5)
        assert all(end - start <= 6 for _, start, end, _ in mine)
    flat = OnnxEngine(serialised(build_graphs(replace(model, match=None))), 16)
    with pytest.raises(ModelError, match="train the predecessor with --match"):
        flat.spans(examples, thresholds)
    for a, b in zip(flat(examples), keras_engine(keras_model(again))(examples), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_stage_1_leaves_the_match_head_as_it_is_and_hands_it_on():
    predecessor = keras_model(match_model())
    theseus = TheseusModel(predecessor, 2)
    assert not any(v is w for v in theseus.trainable_variables for w in predecessor.match_head.variables)
    successor = theseus.extract_successor()
    np.testing.assert_array_equal(np.array(successor.match_head.kernel), np.array(predecessor.match_head.kernel))
    assert successor.match_head.trainable_variables


def test_the_match_loss_teaches_its_head_and_nothing_else():
    learnt = []
    for true in (0.0, 1.0):
        keras.utils.set_random_seed(1)
        model = predecessor_from(make_weights(dropout=0.0), match=MatchShape(4, 6))
        step = make_train_step(model, build_optimizer(model.trainable_variables, 1e-2, 10, clip=1e9), "bce")
        labels = np.zeros((2, 14, 2), "float32")
        labels[:, 7, 0] = labels[:, 8, 1] = 1.0
        matches = np.zeros((2, 14, 14), "float32")
        matches[:, 7, 8] = true
        extra = {"weights": np.ones(2, "float32"), "seed": np.int32(0), "match_labels": matches}
        step({**batch_of([9, 14]), **extra}, labels)
        learnt.append(export_tensors(model.named_weights()))
    changed = {name for name in learnt[0] if not np.array_equal(learnt[0][name], learnt[1][name])}
    assert changed and all(name.startswith("heads.match") for name in changed)


def test_parts_of_nested_gold():
    text = "北京大学医学院和上海"
    gold = Document("a", text, (Entity(0, 7, "ORG"), Entity(0, 4, "ORG"), Entity(0, 2, "LOC"), Entity(8, 10, "LOC")))
    found = replace(gold, entities=(gold.entities[0], gold.entities[3]))
    parts = nested_recall([gold], [found])
    assert {part: (prf.tp, prf.fn) for part, prf in parts.items()} == {"flat": (1, 0), "outer": (0, 1), "inner": (1, 1)}


def test_training_with_a_match_head_finds_nested_entities(trained, tmp_path):
    from tests.helpers.documents import QUERIES
    from tests.helpers.runs import Trained

    data = tmp_path / "data"
    for name, count, seed in (("train", 160, 1), ("dev", 20, 2), ("test", 40, 3)):
        write_documents(data / f"{name}.jsonl", nested_toys(count, seed))
    (data / "queries.toml").write_text(QUERIES + '[ORG]\nquery = "机构"\nshort = "机构"\n', encoding="utf-8")
    run = Trained(data, trained.encoder, tmp_path / "run")
    for stage in (0, 1, 2):
        run.train(stage, match=stage == 0, epochs={0: 20, 1: 10, 2: 2}[stage])
    best = run.run / "stage2" / "best"
    model = load_model(best)
    test = list(read_documents(data / "test.jsonl"))
    assert model.match == MatchShape(longest=longest_span(model.examples(list(read_documents(data / "train.jsonl")))))
    engine = keras_engine(keras_model(model))
    nested, flat = (evaluate_model(engine, model, test, nested=choice) for choice in (True, False))
    tuned, f1 = tune_on(engine, model, test, nested=True)
    usual = evaluate_model(engine, model, test, replace(tuned, match=0.7), nested=True)
    assert tuned.match in MATCHES and f1 >= usual.strict.micro.f1
    assert nested.nested["inner"].support > 3 and nested.nested["inner"].recall > 0.7
    assert flat.nested["inner"].recall + flat.nested["outer"].recall <= 1.0 and nested.strict.micro.f1 > 0.7
    found = Extractor.load(best, nested=True)("不了的在北京大学医院。")
    assert {(e.text, e.type) for e in found} == {("北京", "LOC"), ("北京大学", "ORG"), ("北京大学医院", "ORG")}
    by_type = Extractor(replace(model, match=None), engine, nested=True)("不了的在北京大学医院。")
    assert {(e.text, e.type) for e in by_type} < {(e.text, e.type) for e in found}


def test_without_a_match_head_entities_of_different_types_may_overlap():
    model = replace(match_model(), match=None)
    types = len(model.schema.types)

    def engine(examples):
        answers = [np.zeros((types, len(context), 2), np.float32) for context in examples.contexts]
        for answer in answers:
            answer[0, 0, 0] = answer[0, 3, 1] = 0.9  # 北京大学
            answer[1, 0, 0] = answer[1, 1, 1] = 0.8  # 北京, in another type
            answer[0, 2, 0] = 0.7  # 大学, of the same type as what it is in
        return answers

    nested, flat = (Extractor(model, engine, nested=choice)("北京大学") for choice in (True, False))
    first, second = model.schema.names[:2]
    assert {(e.text, e.type) for e in nested} == {("北京大学", first), ("北京", second)}
    assert [(e.text, e.type) for e in flat] == [("北京大学", first)]
