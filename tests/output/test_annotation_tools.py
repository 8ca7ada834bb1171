"""Predictions go to annotation tools for correction and come back as training data."""

import json

import pytest
from bert_mrc_theseus.preprocess.readers.formats import reader_of
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.output.write import write_outputs
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.strategies import documents


def read(path, form):
    return list(reader_of(form)(path, ReadReport()))


@given(st.lists(documents(nested=True), max_size=4))
def test_doccano_and_back(tmp_path_factory, items):
    path = tmp_path_factory.mktemp("doccano") / "out.jsonl"
    assert write_outputs(items, "doccano", path) == 0
    assert read(path, "doccano") == items


@given(st.lists(documents(nested=True), min_size=1, max_size=4))
def test_label_studio_and_back(tmp_path_factory, items):
    path = tmp_path_factory.mktemp("label-studio") / "out.json"
    write_outputs(items, "label-studio", path)
    # Nobody has looked at these yet, so they are no training data.
    with pytest.raises(DataError, match=f"none of the {len(items)} tasks is annotated"):
        read(path, "label-studio")
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        # What the tool does when a prediction is accepted; it gives tasks numbers of its own.
        task["annotations"] = [{"id": 7, "was_cancelled": False, "result": task["predictions"][0]["result"]}]
        task["id"] = number + 100
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    assert read(path, "label-studio") == items


def test_scores_go_along_so_that_doubtful_ones_can_be_looked_at_first(tmp_path):
    write_outputs([Document("a", "北京", (Entity(0, 2, "LOC", 0.75),))], "label-studio", tmp_path / "out.json")
    (task,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert task["predictions"][0]["result"][0]["score"] == 0.75
