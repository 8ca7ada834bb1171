"""Predictions of other programs beside gold documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.evaluation.matching import match_predictions, only_types
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.strategies import gold_and_predicted

PER, LOC = Entity(0, 1, "PER"), Entity(1, 2, "LOC")


@given(gold_and_predicted(), st.randoms(), st.booleans())
def test_order_and_ids_do_not_matter(pairs, random, renamed):
    gold, predicted = map(list, zip(*pairs, strict=True))
    shuffled = [Document(f"x{i}" if renamed else d.id, d.text, d.entities) for i, d in enumerate(predicted)]
    random.shuffle(shuffled)
    found = match_predictions(gold, shuffled, "x.jsonl")
    assert [(d.id, d.text) for d in found] == [(d.id, d.text) for d in gold]
    if len({d.text for d in gold}) == len(gold) or not renamed:
        assert [d.entities for d in found] == [d.entities for d in predicted]
    assert sorted(e for d in found for e in d.entities) == sorted(e for d in predicted for e in d.entities)


def test_of_equal_texts_the_one_with_the_id_is_taken():
    gold = [Document("a", "北京"), Document(2, "北京")]
    predicted = [Document("2", "北京", (LOC,)), Document("a", "北京", (PER,)), Document("more", "上海")]
    assert [d.entities for d in match_predictions(gold, predicted, "x")] == [(PER,), (LOC,)]


def test_a_document_without_a_counterpart_is_named():
    gold = [Document("a", "北京"), Document("b", "上海"), Document("c", "上海")]
    with pytest.raises(DataError, match=r"x\.jsonl: 2 of 3 gold documents .* 'a', '北京'.*to the character"):
        match_predictions(gold, [Document("a", "北 京"), Document("", "上海")], "x.jsonl")


def test_types_that_nobody_annotated_do_not_count():
    gold = Document("a", "北京", (PER,), annotated=("PER",))
    (found,) = match_predictions([gold], [Document("a", "北京", (PER, LOC, PER))], "x")
    assert found.entities == (PER,)
    (left,) = only_types([Document("a", "北京", (PER, LOC), annotated=("PER", "LOC"))], ["LOC"])
    assert left.entities == (LOC,) and left.annotated == ("LOC",)
