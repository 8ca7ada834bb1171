"""Mistakes: every one is listed once and has its kind."""

import json

from hypothesis import given

from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.evaluation.mistakes import analyse, analyse_document, count_kinds, write_mistakes
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.strategies import gold_and_predicted

TEXT = "王小明昨天在北京大学见到了李华。"
GOLD = Document("a", TEXT, (Entity(0, 3, "PER"), Entity(6, 10, "ORG"), Entity(13, 15, "PER")))


def kinds(*predicted):
    return [mistake.kind for mistake in analyse_document(GOLD, Document("a", TEXT, predicted))]


def test_each_kind():
    right = (Entity(0, 3, "PER"), Entity(6, 10, "ORG"))
    assert kinds(*right) == ["missed"]
    assert kinds(*GOLD.entities, Entity(3, 5, "TIME")) == ["spurious"]
    assert kinds(*right, Entity(13, 15, "ORG")) == ["wrong type"]
    assert kinds(*right, Entity(12, 15, "PER")) == ["wrong boundary"]
    assert kinds(*right, Entity(14, 16, "LOC")) == ["wrong boundary and type"]
    assert kinds(*GOLD.entities) == []


def test_a_gold_entity_is_matched_once():
    assert kinds(Entity(0, 3, "PER"), Entity(13, 15, "PER"), Entity(6, 8, "LOC"), Entity(8, 10, "ORG")) == [
        "spurious",
        "wrong boundary",
    ]


@given(gold_and_predicted())
def test_every_error_is_listed_once(pairs):
    gold, predicted = zip(*pairs, strict=True)
    micro = strict_scores(gold, predicted, ()).micro
    mistakes = analyse(gold, predicted)
    matched = sum(m.gold is not None and m.predicted is not None for m in mistakes)
    assert len(mistakes) == micro.fp + micro.fn - matched
    assert sum(count_kinds(mistakes).values()) == len(mistakes)


def test_written_with_their_context(tmp_path):
    write_mistakes(tmp_path / "errors.jsonl", analyse([GOLD], [Document("a", TEXT, (Entity(7, 10, "ORG", 0.75),))]))
    lines = [json.loads(line) for line in (tmp_path / "errors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["kind"] for line in lines] == ["missed", "wrong boundary", "missed"]
    assert lines[1]["gold"]["text"] == "北京大学"
    assert lines[1]["predicted"] == {"text": "京大学", "type": "ORG", "start": 7, "end": 10, "score": 0.75}
    assert "见到了" in lines[1]["context"]
