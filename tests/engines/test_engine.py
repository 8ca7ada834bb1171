import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.engine import PairEngine, document_probabilities, predict_documents, without_blanks
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.evaluation.tuning import tune_thresholds
from bert_mrc_theseus.mrc.examples import WindowSize, build_examples
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.models import make_weights
from tests.helpers.strategies import documents

SCHEMA = Schema((EntityType("PER", "人名"), EntityType("LOC", "地"), EntityType("ORG", "机构")))
VOCAB = make_weights().vocab
TOKENIZER = Tokenizer(VOCAB)


def token_probabilities(batch):
    """An engine whose probabilities are a function of token and query alone: so no window can change them."""
    ids = batch["token_ids"].astype(np.float64)
    query = np.array(
        [row[1:length].sum() for row, length in zip(batch["token_ids"], batch["query_lengths"], strict=True)]
    )
    mixed = np.stack([ids * 0.37 + query[:, None] * 0.11, ids * 0.53 + query[:, None] * 0.29], axis=2)
    return (mixed % 1.0).astype(np.float32)


def build(items, size=254, overlap=64):
    return build_examples(items, SCHEMA, TOKENIZER, WindowSize(size, overlap))


TOKEN_ENGINE = PairEngine(token_probabilities)


@given(st.lists(documents(max_size=80), min_size=1, max_size=4), st.integers(10, 20), st.integers(0, 4))
def test_windows_give_every_character_its_probability_once(items, size, overlap):
    whole, cut = build(items), build(items, size, overlap)
    expected = document_probabilities(whole, TOKEN_ENGINE(whole), len(items))
    found = document_probabilities(cut, PairEngine(token_probabilities, budget=100, workers=3)(cut), len(items))
    for document, (one,), blocks in zip(items, expected, found, strict=True):
        joined = np.concatenate(blocks, axis=1)
        assert joined.shape == (3, len(document.text), 2)
        np.testing.assert_array_equal(joined, one)


@given(st.lists(documents(max_size=30), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_a_document_does_not_depend_on_its_batch_mates(items, random):
    named = [Document(str(i), d.text, d.entities) for i, d in enumerate(items)]
    shuffled = random.sample(named, len(named))
    together = {d.id: d for d in predict_documents(TOKEN_ENGINE, shuffled, build(shuffled), SCHEMA, Thresholds())}
    for document in named:
        (alone,) = predict_documents(TOKEN_ENGINE, [document], build([document]), SCHEMA, Thresholds())
        assert together[document.id] == alone
        assert [e.score for e in together[document.id].entities] == [e.score for e in alone.entities]


def oracle(gold, certainty=1.0):
    """An engine that knows the labels of documents, at probability `certainty` where there is an entity."""
    examples = build(gold)
    pairs = examples.all_pairs()
    known = {
        tuple(row[:length]): labels
        for row, length, labels in zip(
            examples.batch(pairs)["token_ids"].tolist(), examples.lengths(pairs), examples.labels(pairs), strict=True
        )
    }

    def run(batch):
        out = np.zeros((*batch["token_ids"].shape, 2), np.float32)
        for i, (row, length) in enumerate(zip(batch["token_ids"].tolist(), batch["lengths"], strict=True)):
            out[i, :length] = known[tuple(row[:length])][:length] * certainty
        return out

    return PairEngine(run)


GOLD = [
    Document("a", "李明在北京大学", (Entity(0, 2, "PER"), Entity(3, 7, "ORG"))),
    Document("b", "上海和北京", (Entity(0, 2, "LOC"), Entity(3, 5, "LOC"))),
    Document("c", ""),
]


def test_perfect_probabilities_give_the_gold_entities():
    found = predict_documents(oracle(GOLD), GOLD, build(GOLD), SCHEMA, Thresholds())
    assert found == GOLD and all(e.score == 1.0 for d in found for e in d.entities)


@given(documents())
def test_no_entity_begins_or_ends_with_white_space(document):
    found = without_blanks(document)
    expected = {(document.text_of(e).strip(), e.type) for e in document.entities} - {
        ("", kind) for kind in SCHEMA.names
    }
    assert {(found.text_of(e), e.type) for e in found.entities} == expected
    assert len(set(found.entities)) == len(found.entities)


def test_of_spans_that_differ_in_white_space_the_likelier_stays():
    text = "Lucy　来了"
    found = without_blanks(Document("1", text, (Entity(0, 4, "PER", 0.6), Entity(0, 5, "PER", 0.9))))
    assert [(found.text_of(e), e.score) for e in found.entities] == [("Lucy", 0.9)]


@pytest.mark.parametrize("certainty", [0.15, 0.35, 0.95])
def test_tuned_thresholds_find_what_the_default_does_not(certainty):
    examples = build(GOLD)
    probabilities = document_probabilities(examples, oracle(GOLD, certainty)(examples), len(GOLD))
    thresholds, f1 = tune_thresholds(GOLD, probabilities, SCHEMA)
    assert f1 == 1.0 and thresholds.start <= certainty and thresholds.end <= certainty
    if certainty > 0.5:
        assert thresholds == Thresholds()
    found = predict_documents(oracle(GOLD, certainty), GOLD, examples, SCHEMA, thresholds)
    assert strict_scores(GOLD, found, SCHEMA.names).micro.f1 == 1.0
