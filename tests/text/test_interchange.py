"""The interchange format: nothing is lost, nothing is misread."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import OWN_FIELDS
from bert_mrc_theseus.text.interchange import (
    document_from_dict,
    document_to_dict,
    parse_document,
    read_documents,
    write_documents,
)
from tests.helpers.strategies import documents

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


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


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"text": "北京"', "not JSON"),
        ('["北京"]', "a document needs the form"),
        ('{"text": 3}', "a document needs a text: 'text' is 3, not a string"),
        ('{"content": "北京"}', "no 'text' among its fields, which are 'content'.*--text-field"),
        ('{"text": "北京", "id": {}}', '"id" is a string or a number'),
        ('{"text": "北京", "id": true}', '"id" is a string or a number'),
        ('{"text": "北京", "silver": 1}', '"silver" is true or false'),
        ('{"text": "北京", "entities": true}', '"entities" is a list'),
        ('{"text": "北京", "entities": [5]}', '"start", "end" and "type"'),
        ('{"text": "北京", "entities": [{"start": 0.0, "end": 2, "type": "LOC"}]}', "integers"),
        ('{"text": "北京", "entities": [{"start": 0, "end": 2, "type": 7}]}', "a string"),
        (
            '{"text": "北京", "entities": [{"start": 0, "end": 2, "type": "LOC", "score": 1' + "0" * 400 + "}]}",
            "is a number",
        ),
        ('{"text": "北京", "n": 1' + "0" * 5000 + "}", "a number of 5001 digits"),
        ('{"text": "北京", "n": 1e999}', "too large"),
        ('{"text": "北京", "text": "上海"}', "'text' stands twice"),
        ('{"text": "北\\ud83d京"}', "lone surrogate"),
        ('{"text": "北京", "id": "\\udc00"}', "lone surrogate"),
        ('{"text": "北京", "\\ud83d": [[{"a": 1}]]}', "lone surrogate"),
        ('{"text": "北京", "entities": [{"start": 0, "end": 2, "type": "\\ud83d"}]}', "lone surrogate"),
        ('{"text": "北京", "n": ' + "[" * 200 + "]" * 200 + "}", "more than 100 brackets"),
        ("[" * 100_000, "more than 100 brackets"),
        ('{"text": "北京"} {}', "more behind the end"),
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
    path.write_text('\n{"text": "好"}\n{"text": "坏", "id": null}\n', encoding="utf-8")
    assert [document.id for document in read_documents(path)] == ["2", "3"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.dictionaries(TEXT, JSON, max_size=3))
def test_what_a_record_has_besides_comes_out_as_it_was(value, more):
    rest = {name: field for name, field in more.items() if name not in OWN_FIELDS}
    record = {"id": value if isinstance(value, str) else 7, "text": "好", "entities": [], **rest}
    document = parse_document(json.dumps(record), "a.jsonl", 1, "")
    assert json.dumps(document_to_dict(document)) == json.dumps(record)
    assert hash(document) == hash(replace(document, rest={})) and (document == replace(document, rest={})) == (not rest)


def test_what_json_lacks_is_null_among_what_a_record_has_besides():
    line = json.dumps({"text": "NaN", "x": float("nan"), "more": [float("inf"), {"y": -float("inf")}, 1.5]})
    assert "NaN" in line and "-Infinity" in line
    assert parse_document(line, "a.jsonl", 1, "").rest == {"x": None, "more": [None, {"y": None}, 1.5]}


@given(st.one_of(TEXT, st.binary(max_size=30).map(lambda data: data.decode("latin-1")), JSON.map(json.dumps)))
def test_any_line_is_a_document_or_an_error_with_its_place(line):
    try:
        document = parse_document(line, "a.jsonl", 4, "")
    except DataError as error:
        assert str(error).startswith("a.jsonl:4: ")
    else:
        json.dumps(document_to_dict(document), ensure_ascii=False, allow_nan=False).encode()


def test_files_that_were_joined_and_other_encodings(tmp_path):
    (tmp_path / "joined.jsonl").write_text('\ufeff{"text": "好"}\n\ufeff{"text": "坏"}\n', encoding="utf-8")
    assert [document.text for document in read_documents(tmp_path / "joined.jsonl")] == ["好", "坏"]
    (tmp_path / "wide.jsonl").write_text('{"text": "好"}\r\n{"text": "坏"}', encoding="utf-16", newline="")
    assert [d.text for d in read_documents(tmp_path / "wide.jsonl", encoding="utf-16")] == ["好", "坏"]
