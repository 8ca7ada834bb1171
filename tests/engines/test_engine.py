"""Running an engine: windows and batch mates change no probability."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.decoding.entities import FlatAnswers
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.engine import BatchEngine
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.text.documents import Document
from tests.helpers.oracles import SCHEMA, build
from tests.helpers.strategies import documents


def token_probabilities(batch):
    """An engine whose probabilities are a function of token and query alone: so no window can change them."""
    ids = batch.tokens.ids.astype(np.float64)
    query = np.array([row[1:length].sum() for row, length in zip(batch.tokens.ids, batch.query_lengths, strict=True)])
    mixed = np.stack([ids * 0.37 + query[:, None] * 0.11, ids * 0.53 + query[:, None] * 0.29], axis=2)
    return (mixed % 1.0).astype(np.float32)


TOKEN_ENGINE = BatchEngine(token_probabilities)


def document_probabilities(engine, examples, documents):
    answers = FlatAnswers(examples, SCHEMA)
    engine.answer(examples, answers.add)
    return answers.probabilities(documents)


@given(st.lists(documents(max_size=80), min_size=1, max_size=4), st.integers(10, 20), st.integers(0, 4))
def test_windows_give_every_character_its_probability_once(items, size, overlap):
    whole, cut = build(items), build(items, size, overlap)
    expected = document_probabilities(TOKEN_ENGINE, whole, len(items))
    found = document_probabilities(BatchEngine(token_probabilities, budget=100), cut, len(items))
    for document, (one,), runs in zip(items, expected, found, strict=True):
        joined = np.concatenate(runs, axis=1)
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
