"""Scores against seqeval's, and by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from bert_mrc_theseus.evaluation.metrics import nested_recall, strict_scores, string_set_scores
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.tags import tags_from_entities
from tests.helpers.strategies import TYPES, gold_and_predicted


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@given(gold_and_predicted())
def test_strict_scores_equal_those_of_seqeval(pairs):
    gold, predicted = zip(*pairs, strict=True)
    ours = strict_scores(gold, predicted, TYPES)
    tags = [[tags_from_entities(d.entities, len(d.text))[0] for d in side] for side in (gold, predicted)]
    if not any(d.entities for d in gold + predicted):
        assert ours.micro.f1 == 0.0
        return
    theirs = classification_report(*tags, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    for name, scores in [("micro avg", ours.micro), *ours.types.items()]:
        expected = theirs.get(name, {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
        found = [scores.precision, scores.recall, scores.f1, scores.support]
        assert found == pytest.approx([expected[key] for key in ("precision", "recall", "f1-score", "support")])


def test_start_end_and_type_must_all_be_right():
    text = "王小明在北京"
    gold = [Document("a", text, (Entity(0, 3, "PER"), Entity(4, 6, "LOC")))]
    guess = [Document("a", text, (Entity(0, 2, "PER"), Entity(4, 6, "ORG"), Entity(0, 3, "PER")))]
    scores = strict_scores(gold, guess, ("PER", "LOC"))
    assert (scores.micro.tp, scores.micro.fp, scores.micro.fn) == (1, 2, 1)
    assert list(scores.types) == ["PER", "LOC", "ORG"]
    assert scores.types["PER"].f1 == pytest.approx(2 / 3) and scores.types["LOC"].f1 == 0.0


def test_the_string_set_metric_ignores_types_positions_and_repeats():
    text = "李明和李明在北京"
    gold = [Document("a", text, (Entity(0, 2, "PER"), Entity(3, 5, "PER"), Entity(6, 8, "LOC")))]
    guess = [Document("a", text, (Entity(3, 5, "ORG"), Entity(5, 6, "LOC")))]
    found = string_set_scores(gold, guess)
    assert (found.tp, found.fp, found.fn) == (1, 1, 1)


def test_nested_entities_count_each():
    gold = [Document("a", "北京大学", (Entity(0, 2, "LOC"), Entity(0, 4, "ORG"), Entity(2, 4, "ORG")))]
    assert strict_scores(gold, gold, ()).micro.tp == 3


def test_documents_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="do not match"):
        strict_scores([Document("a", "好")], [Document("b", "好")], ())
    with pytest.raises(ValueError):
        strict_scores([Document("a", "好")], [], ())


def test_parts_of_nested_gold():
    text = "北京大学医学院和上海"
    gold = Document("a", text, (Entity(0, 7, "ORG"), Entity(0, 4, "ORG"), Entity(0, 2, "LOC"), Entity(8, 10, "LOC")))
    found = replace(gold, entities=(gold.entities[0], gold.entities[3]))
    parts = nested_recall([gold], [found])
    assert {part: (prf.tp, prf.fn) for part, prf in parts.items()} == {"flat": (1, 0), "outer": (0, 1), "inner": (1, 1)}


def test_one_name_is_no_list_of_types():
    with pytest.raises(TypeError, match="a list of names"):
        strict_scores([], [], "PER")
