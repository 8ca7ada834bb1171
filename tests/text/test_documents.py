"""Documents, and the JSONL that carries them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import (
    Document,
    Entity,
    document_from_dict,
    document_to_dict,
    read_documents,
    write_documents,
)
from tests.helpers.strategies import documents


@given(documents(annotation=True))
def test_the_interchange_form_loses_nothing(document):
    again = document_from_dict(json.loads(json.dumps(document_to_dict(document))))
    assert again == document
    for entity, item in zip(document.entities, document_to_dict(document)["entities"], strict=True):
        assert item["text"] == document.text[entity.start : entity.end]


@given(st.lists(documents(annotation=True), max_size=4))
def test_files_lose_nothing(tmp_path_factory, items):
    path = tmp_path_factory.mktemp("jsonl") / "documents.jsonl.gz"
    write_documents(path, items)
    assert list(read_documents(path)) == items


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


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"text": "北京"', "not JSON"),
        ('["北京"]', "a document needs the form"),
        ('{"text": 3}', "a document needs the form"),
        ('{"text": "北京", "entities": [{"start": 0}]}', '"start", "end" and "type"'),
        ('{"text": "北京", "entities": [{"start": "0", "end": 2, "type": "LOC"}]}', "integers"),
        ('{"text": "北京", "entities": [{"start": true, "end": 2, "type": "LOC"}]}', "integers"),
        ('{"text": "北京", "entities": [{"start": 0, "end": 9, "type": "LOC"}]}', "outside the text"),
        ('{"text": "北京", "entities": [{"start": 0, "end": 1, "type": "LOC", "text": "北京"}]}', "is not text"),
        ('{"text": "北京", "entities": 5}', '"entities" is a list'),
        ('{"text": "北京", "entities": [{"start": 0, "end": 2, "type": "LOC", "score": [1]}]}', '"score" is a number'),
        ('{"text": "北京", "annotated": "LOC"}', "a list of types"),
        (
            '{"text": "北京", "annotated": ["PER"], "entities": [{"start": 0, "end": 2, "type": "LOC"}]}',
            "annotated are PER",
        ),
    ],
)
def test_bad_lines_are_reported_with_file_and_line(tmp_path, line, problem):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "好"}\n\n' + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=problem) as caught:
        list(read_documents(path))
    assert str(caught.value).startswith(f"{path}:3: ")


def test_bad_lines_can_be_left_out(tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_bytes('{"text": "好"}\n{oops\n'.encode() + '{"text": "坏"}\n'.encode("gb18030") + b'{"text": "a"}\n[]')
    errors = []
    assert [(d.id, d.text) for d in read_documents(path, errors.append)] == [("1", "好"), ("4", "a")]
    for error, problem in zip(errors, ("2: not JSON", "3: not UTF-8", "5: a document needs"), strict=True):
        assert f"{path}:{problem}" in str(error)


def test_a_document_without_id_has_its_line_number(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('\n{"text": "好"}\n', encoding="utf-8")
    assert [document.id for document in read_documents(path)] == ["2"]
