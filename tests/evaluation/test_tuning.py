"""Thresholds tuned on gold documents."""

import pytest

from bert_mrc_theseus.decoding.entities import FlatAnswers
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.evaluation.tuning import tune_thresholds
from bert_mrc_theseus.prediction.predict import predict_documents
from tests.helpers.oracles import GOLD, SCHEMA, build, oracle


@pytest.mark.parametrize("certainty", [0.15, 0.35, 0.95])
def test_tuned_thresholds_find_what_the_default_does_not(certainty):
    examples = build(GOLD)
    engine = oracle(examples, certainty)
    answers = FlatAnswers(examples, SCHEMA)
    engine.answer(examples, answers.add)
    probabilities = answers.probabilities(len(GOLD))
    thresholds, f1 = tune_thresholds(GOLD, probabilities, SCHEMA)
    assert f1 == 1.0 and thresholds.start <= certainty and thresholds.end <= certainty
    if certainty > 0.5:
        assert thresholds == Thresholds()
    found = predict_documents(engine, GOLD, examples, SCHEMA, thresholds)
    assert strict_scores(GOLD, found, SCHEMA.names).micro.f1 == 1.0
