"""seqeval's report of predictions, beside ours."""

import json
import sys

import pytest

from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.integrations.seqeval_report import seqeval_report
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import write_documents

NESTED = Document("a", "北京大学在北京", (Entity(0, 2, "LOC"), Entity(0, 4, "ORG"), Entity(5, 7, "LOC")))


def test_flat_data_have_the_same_figures_as_ours():
    gold = [
        Document("a", "北京的李明", (Entity(0, 2, "LOC"), Entity(3, 5, "PER"))),
        Document("b", "上海", (Entity(0, 2, "LOC"),)),
    ]
    predicted = [Document("a", "北京的李明", (Entity(0, 3, "LOC"), Entity(3, 5, "PER"))), Document("b", "上海")]
    theirs, ours = seqeval_report(gold, predicted), strict_scores(gold, predicted, ("LOC", "PER"))
    assert (theirs.lost_gold, theirs.lost_predicted) == (0, 0)
    for name, scores in {"micro avg": ours.micro, **ours.types}.items():
        expected = [scores.precision, scores.recall, scores.f1, scores.support]
        assert list(theirs.scores[name].values()) == pytest.approx(expected, abs=1e-5)
    assert "LOC" in theirs.text and "weighted avg" in theirs.text


def test_what_tags_cannot_hold_is_counted():
    flat = Document("a", NESTED.text, NESTED.entities[1:])
    found = seqeval_report([NESTED], [flat])
    assert (found.lost_gold, found.lost_predicted) == (1, 0)
    assert found.scores["micro avg"]["support"] == 2 and found.scores["micro avg"]["f1-score"] == 1.0
    assert strict_scores([NESTED], [flat], ()).micro.recall == pytest.approx(2 / 3)
    assert seqeval_report([flat], [NESTED]).to_dict()["not in tags"] == {"gold": 0, "predicted": 1}


def test_no_entities_at_all():
    assert seqeval_report([Document("a", "好")], [Document("a", "好")]).scores == {}


def test_evaluate_prints_both(command, tmp_path):
    write_documents(tmp_path / "test.jsonl", [NESTED])
    arguments = ("evaluate", bundled_model(), tmp_path / "test.jsonl", "--report", tmp_path / "report.json")
    status, out, _ = command(*arguments, "--seqeval")
    assert status == 0 and "strict scores" in out and "seqeval, strict, IOB2" in out and "micro avg" in out
    assert "1 of 3 gold" in out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["seqeval"]["scores"]["ORG"]["support"] == 1 and report["seqeval"]["not in tags"]["gold"] == 1
    assert "seqeval" not in command(*arguments)[1]


def test_seqeval_that_is_not_installed_is_said_first(command, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "seqeval.metrics", None)
    write_documents(tmp_path / "test.jsonl", [NESTED])
    status, out, err = command("evaluate", bundled_model(), tmp_path / "test.jsonl", "--seqeval")
    assert status == 1 and "[seqeval]" in err and not out
