"""Which label of a project is which type of a model."""

from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.service.label_config import Label
from bert_mrc_theseus.service.label_map import label_map
from bert_mrc_theseus.text.schema import EntityType, Schema

SCHEMA = Schema(
    (EntityType("PER", "人名"), EntityType("LOC", "地名"), EntityType("ORG", "机构名"), EntityType("dru", "药品"))
)


def mapped(*labels, schema=SCHEMA):
    found = label_map(schema, [Label(item, (item,)) if isinstance(item, str) else Label(*item) for item in labels])
    return found.labels, list(found.unmapped)


def test_by_the_same_name_the_query_or_an_alias():
    assert mapped("PER", "LOC") == ({"PER": "PER", "LOC": "LOC"}, [])
    assert mapped("Per", "ＬＯＣ", "药品") == ({"PER": "Per", "LOC": "ＬＯＣ", "dru": "药品"}, [])
    assert mapped("Person", "地点", "组织机构") == ({"PER": "Person", "LOC": "地点", "ORG": "组织机构"}, [])
    assert mapped("nr", "ns", "nt") == ({"PER": "nr", "LOC": "ns", "ORG": "nt"}, [])


def test_a_label_that_is_no_types_is_named():
    """A company is an organization, and not every organization is a company: this is no alias."""
    assert mapped("公司", "PER", "GPE", "") == ({"PER": "PER"}, ["公司", "GPE", ""])


def test_the_better_match_wins_and_then_the_earlier():
    assert mapped("人物", "人名", "PER") == ({"PER": "PER"}, ["人物", "人名"])
    assert mapped("人物", "人名") == ({"PER": "人名"}, ["人物"])
    assert mapped("人物", "person") == ({"PER": "人物"}, ["person"])


def test_a_label_that_says_what_it_predicts():
    assert mapped(("公司", ("ORG",)), ("处所", ("LOC", "dru"))) == ({"ORG": "公司", "LOC": "处所", "dru": "处所"}, [])
    assert mapped(("PER", ("LOC",)), "person") == ({"LOC": "PER", "PER": "person"}, [])


def test_two_types_of_one_alias_have_one_label():
    schema = Schema((EntityType("PER", "人"), EntityType("Person", "人物姓名")))
    assert mapped("人名", schema=schema) == ({"PER": "人名", "Person": "人名"}, [])
    assert mapped("人名", "PER", schema=schema) == ({"PER": "PER", "Person": "人名"}, [])


names = st.sampled_from(["PER", "per", "人名", "LOC", "地点", "公司", "ORG", "dru", "药品", "x"])


@given(labels=st.lists(names, max_size=8, unique=True))
def test_every_label_is_mapped_or_named(labels):
    by_type, unmapped = mapped(*labels)
    assert set(by_type.values()).isdisjoint(unmapped)
    assert set(by_type.values()) | set(unmapped) == set(labels)
    assert all(name in by_type for name in ("PER", "LOC", "ORG", "dru") if name in labels)
