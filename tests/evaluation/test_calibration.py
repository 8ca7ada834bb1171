"""How often entities of a score are right, and which types are taken for which."""

from dataclasses import replace

import pytest

from bert_mrc_theseus.evaluation.calibration import calibration, confusion
from bert_mrc_theseus.text.documents import Document, Entity

TEXT = "北京李明上海"
GOLD = Document("a", TEXT, (Entity(0, 2, "LOC"), Entity(2, 4, "PER"), Entity(4, 6, "LOC")))
FOUND = replace(GOLD, entities=(Entity(0, 2, "LOC", 0.95), Entity(2, 4, "LOC", 0.85), Entity(3, 4, "PER", 0.81)))


def test_calibration_is_how_often_entities_of_a_score_are_right():
    high, higher = calibration([GOLD], [FOUND])
    assert (high.count, high.right, high.low) == (2, 0.0, 0.8) and high.score == pytest.approx(0.83)
    assert (higher.count, higher.right, higher.high) == (1, 1.0, 1.0)
    assert calibration([GOLD], [GOLD]) == []


def test_confusion_counts_each_entity_once():
    counts = confusion([GOLD], [FOUND], ["LOC", "PER"])
    # A place found, one missed; a person taken for a place; a person that is none.
    assert counts.tolist() == [[1, 0, 1], [1, 0, 0], [0, 1, 0]]
