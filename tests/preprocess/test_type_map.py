"""`preprocess --map`."""

from dataclasses import replace

import pytest
from bert_mrc_theseus.preprocess.type_map import parse_type_map, rename_types

from bert_mrc_theseus.errors import DataError, UsageError, UserError
from bert_mrc_theseus.text.documents import Document, Entity

TEXT = "李明在北京"
SPLITS = {"train": [Document("1", TEXT, (Entity(0, 2, "PER.NAM"), Entity(3, 5, "GPE.NAM"), Entity(3, 5, "LOC.NAM")))]}


def test_types_are_renamed_merged_and_left_out():
    mapping = parse_type_map("GPE.NAM=LOC, LOC.NAM = LOC")
    assert mapping == {"GPE.NAM": "LOC", "LOC.NAM": "LOC"}
    assert rename_types(SPLITS, mapping) == {"train": [Document("1", TEXT, (Entity(3, 5, "LOC"),))]}


def test_what_was_annotated_is_renamed_too():
    document = replace(SPLITS["train"][0], annotated=("PER.NAM", "LOC.NAM", "GPE.NAM", "ORG.NAM"))
    renamed = rename_types({"train": [document]}, {"GPE.NAM": "LOC", "LOC.NAM": "LOC"})
    assert renamed["train"][0].annotated == ("LOC",)


def test_a_merged_type_is_annotated_only_where_all_of_it_was():
    document = Document("1", TEXT, (Entity(0, 2, "PER.NAM"), Entity(3, 5, "LOC.NAM")), annotated=("PER.NAM", "LOC.NAM"))
    splits = {"train": [document, *SPLITS["train"]]}
    renamed = rename_types(splits, {"PER.NAM": "PER", "GPE.NAM": "LOC", "LOC.NAM": "LOC"})
    assert renamed["train"][0] == Document("1", TEXT, (Entity(0, 2, "PER"),), annotated=("PER",))


@pytest.mark.parametrize("text", ["", "PER", "PER=", "=PER", "A=B=C", "A=B,"])
def test_a_map_that_cannot_be_read(text):
    with pytest.raises(UserError, match="OLD=NEW"):
        parse_type_map(text)


def test_one_type_with_two_new_names():
    with pytest.raises(UserError, match="two new names"):
        parse_type_map("A=B,A=C")


def test_a_type_that_does_not_occur():
    with pytest.raises(DataError, match=r"no entity is of type PRE\.NAM.*LOC\.NAM"):
        rename_types(SPLITS, {"PRE.NAM": "PER"})


def test_a_type_that_is_no_text_is_refused():
    """As the shell gives bytes that are not UTF-8, or Python in a locale without it."""
    with pytest.raises(UsageError, match=r"a type is a text. Received: 'PER=.udcb1'"):
        parse_type_map("PER=\udcb1")
