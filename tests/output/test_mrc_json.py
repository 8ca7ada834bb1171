"""MRC JSON: the form of its records, and the command that writes it."""

import json
import sys

import pytest
from bert_mrc_theseus.preprocess.readers.formats import reader_of
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport

from bert_mrc_theseus.cli import app as cli
from bert_mrc_theseus.output.mrc_json import mrc_records
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema


def test_a_record_for_each_type_with_inclusive_ends():
    schema = Schema((EntityType("LOC", "地名"), EntityType("ORG", "机构")))
    document = Document("a", "北京大学", (Entity(0, 2, "LOC"), Entity(2, 3, "LOC")))
    assert list(mrc_records(7, document, schema)) == [
        {"context": "北 京 大 学", "query": "地名", "entity_label": "LOC", "qas_id": "7.1", "impossible": False,
         "start_position": [0, 2], "end_position": [1, 2], "span_position": ["0;1", "2;2"]},
        {"context": "北 京 大 学", "query": "机构", "entity_label": "ORG", "qas_id": "7.2", "impossible": True,
         "start_position": [], "end_position": [], "span_position": []},
    ]  # fmt: skip


def test_predict_writes_the_queries_it_asked(tmp_path, monkeypatch):
    def predict(form, *options):
        out = tmp_path / f"out.{form}"
        arguments = ["predict", str(tmp_path / "in.txt"), "--format", form, "-o", str(out), *options]
        monkeypatch.setattr(sys, "argv", ["bert-mrc-theseus", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        return out

    def read(form, path):
        return [(document.text, document.entities) for document in reader_of(form)(path, ReadReport())]

    (tmp_path / "in.txt").write_text("王小明在北京大学读书。\n\n他 去上海了\n", encoding="utf-8")
    found = predict("mrc")
    assert read("mrc", found) == read("jsonl", predict("jsonl"))
    records = json.loads(found.read_text(encoding="utf-8"))
    assert len(records) == 3 * 3 and {record["entity_label"] for record in records} == {"PER", "LOC", "ORG"}
    (asked,) = {
        (record["entity_label"], record["query"]) for record in json.loads(predict("mrc", "--types", "LOC").read_text())
    }
    assert asked[0] == "LOC" and asked[1]
