"""Entities and documents."""

import numpy as np
import pytest

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import read_documents, write_documents


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


def test_offsets_from_numpy_become_plain_numbers(tmp_path):
    document = Document("1", "北京", (Entity(np.int64(0), np.int32(2), "LOC"),))
    write_documents(tmp_path / "a.jsonl", [document])
    assert list(read_documents(tmp_path / "a.jsonl")) == [document]
    with pytest.raises(TypeError):
        Entity(0.0, 2.0, "LOC")


@pytest.mark.parametrize("text", [None, b"x", 7, float("nan")])
def test_a_text_is_a_string(text):
    with pytest.raises(TypeError, match="the text of a document is a str"):
        Document("1", text)


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity"])
def test_a_score_is_a_number_that_ends(tmp_path, score):
    line = f'{{"text": "北京", "entities": [{{"start": 0, "end": 2, "type": "LOC", "score": {score}}}]}}\n'
    (tmp_path / "a.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(DataError, match='"score" is a number'):
        list(read_documents(tmp_path / "a.jsonl"))
