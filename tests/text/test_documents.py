"""Entities and documents."""

import pytest

from bert_mrc_theseus.text.documents import Document, Entity


def test_entities_are_sorted_and_scores_do_not_count_for_equality():
    document = Document("", "王小明在北京", (Entity(4, 6, "LOC", 0.5), Entity(0, 3, "PER")))
    assert [entity.type for entity in document.entities] == ["PER", "LOC"]
    assert Entity(4, 6, "LOC", 0.5) == Entity(4, 6, "LOC")


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 2), (-1, 2)])
def test_empty_and_negative_spans_are_refused(start, end):
    with pytest.raises(ValueError, match=f"start={start}, end={end}"):
        Entity(start, end, "PER")


def test_a_span_outside_the_text_is_refused():
    with pytest.raises(ValueError, match="outside the text of 2"):
        Document("", "北京", (Entity(1, 3, "LOC"),))


def test_further_fields_cannot_hide_those_of_a_document():
    with pytest.raises(ValueError, match="cannot be called entities, text"):
        Document("1", "好", rest={"text": "坏", "entities": []})
