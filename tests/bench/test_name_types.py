"""The types that programs and corpora have in common."""

import pytest

from bert_mrc_theseus.bench.name_types import gold_types, name_entities, name_type, only_names
from bert_mrc_theseus.text.documents import Document, Entity


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("PER", "PER"), ("per", "PER"), ("PER.NAM", "PER"), ("PERSON", "PER"), ("nr", "PER"), ("LOC.NAM", "LOC"),
        ("GPE.NAM", "LOC"), ("NS", "LOC"), ("ORG", "ORG"), ("nt", "ORG"),
        ("PER.NOM", None), ("GPE.NOM", None), ("TIME", None), ("TITLE", None), ("nz", None), ("PERIOD", None), ("", None),
    ],
)  # fmt: skip
def test_a_type_is_one_of_three_or_none(kind, expected):
    assert name_type(kind) == expected


def test_entities_of_other_types_are_left_out_and_each_name_stands_once():
    entities = (Entity(0, 2, "GPE.NAM"), Entity(0, 2, "LOC.NAM"), Entity(2, 4, "PER.NOM"), Entity(4, 6, "PER.NAM"))
    names = (Entity(0, 2, "LOC"), Entity(4, 6, "PER"))
    assert name_entities(entities) == names
    assert only_names(Document("1", "北京老师李明", entities)) == Document("1", "北京老师李明", names)
    assert gold_types([Document("1", "北京老师李明", entities)] * 2) == {
        "GPE.NAM": {"as": "LOC", "entities": 2},
        "LOC.NAM": {"as": "LOC", "entities": 2},
        "PER.NAM": {"as": "PER", "entities": 2},
        "PER.NOM": {"as": None, "entities": 2},
    }


def test_names_of_types_that_nobody_looked_for_are_left_out():
    found = (Entity(0, 2, "LOC"), Entity(4, 6, "PER"))
    assert name_entities(found, annotated=("PER.NAM", "TITLE")) == (Entity(4, 6, "PER"),)
    gold = Document("1", "北京老师李明", (Entity(4, 6, "PER.NAM"),), annotated=("PER.NAM", "TITLE"))
    assert only_names(gold) == Document("1", "北京老师李明", (Entity(4, 6, "PER"),))
