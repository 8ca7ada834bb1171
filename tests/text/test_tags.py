"""Tags to entities and back, repairs counted."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from bert_mrc_theseus.text.documents import Entity
from bert_mrc_theseus.text.tags import (
    SCHEMES,
    TagError,
    entities_from_tags,
    outermost,
    prefixes_of,
    scheme_of,
    tags_from_entities,
)

TYPES = st.sampled_from(["PER", "LOC", "GPE.NAM"])
ANY_ENTITIES = st.lists(
    st.builds(
        lambda start, size, kind: Entity(start, start + size, kind), st.integers(0, 25), st.integers(1, 5), TYPES
    ),
    max_size=12,
)


@st.composite
def flat_entities(draw) -> list[Entity]:
    """Entities that do not overlap; neighbours of one type may touch."""
    found, position = [], 0
    for gap, size, kind in draw(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), TYPES), max_size=6)):
        found.append(Entity(position + gap, position + gap + size, kind))
        position = found[-1].end
    return found


def tag_lists(prefixes: str):
    tag = st.one_of(st.just("O"), st.builds("{}-{}".format, st.sampled_from(prefixes), TYPES))
    return st.lists(tag, max_size=12)


@given(flat_entities(), st.sampled_from(sorted(SCHEMES)))
def test_flat_entities_survive_the_round_trip(entities, scheme):
    tags, dropped = tags_from_entities(entities, 60, scheme)
    result = entities_from_tags(tags)
    assert (dropped, len(tags)) == (0, 60)
    assert (list(result.entities), result.repaired, result.unclosed) == (entities, 0, 0)


@given(tag_lists("BIMES"))
def test_any_tags_give_flat_entities_that_cover_every_tag_but_o(tags):
    result = entities_from_tags(tags)
    covered = [position for entity in result.entities for position in range(entity.start, entity.end)]
    assert covered == [position for position, tag in enumerate(tags) if tag != "O"]
    for entity in result.entities:
        assert {tag[2:] for tag in tags[entity.start : entity.end]} == {entity.type}


@given(tag_lists("BI"))
def test_the_repair_is_that_of_conlleval(tags):
    expected = [(kind, start, last) for kind, start, last in get_entities(tags)]
    assert [(e.type, e.start, e.end - 1) for e in entities_from_tags(tags).entities] == expected


@pytest.mark.parametrize(
    ("tags", "spans", "repaired", "unclosed"),
    [
        ("O I-PER I-PER O", [(1, 3)], 1, 0),
        ("B-PER I-LOC", [(0, 1), (1, 2)], 1, 0),
        ("B-PER B-PER I-PER", [(0, 1), (1, 3)], 0, 0),
        ("M-PER E-PER", [(0, 2)], 1, 0),
        ("B-PER M-PER O S-PER", [(0, 2), (3, 4)], 0, 1),
        ("B-PER E-PER I-PER", [(0, 2), (2, 3)], 1, 1),
        ("E-PER E-PER", [(0, 1), (1, 2)], 2, 0),
        ("B-PER I-PER O S-PER", [(0, 2), (3, 4)], 0, 0),
        ("B-PER L-PER O U-PER I-PER", [(0, 2), (3, 4), (4, 5)], 1, 1),
        ("B_PER I_PER", [(0, 2)], 0, 0),
        ("", [], 0, 0),
    ],
)
def test_repairs_are_counted(tags, spans, repaired, unclosed):
    result = entities_from_tags(tags.split())
    assert [(e.start, e.end) for e in result.entities] == spans
    assert (result.repaired, result.unclosed) == (repaired, unclosed)


@pytest.mark.parametrize("tag", ["", "B", "B-", "X-PER", "PER", "b-PER", "今", "BPER"])
def test_an_unknown_tag_is_an_error_that_names_it_and_its_place(tag):
    with pytest.raises(TagError) as error:
        entities_from_tags(["O", "B-PER", tag])
    assert error.value.position == 2
    assert repr(tag) in str(error.value)


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("O B-X I-X", "bio"),
        ("B-X I-X E-X S-X", "bioes"),
        ("B-X I-X O S-X", "bios"),
        ("B-X M-X E-X", "bmes"),
        ("B-X L-X U-X O", "biluo"),
        ("B-X M-X E-X W-X", "bmewo"),
        ("O", "bio"),
        ("O ?-X B_X", "bio"),
    ],
)
def test_the_scheme_is_told_by_its_prefixes(tags, scheme):
    assert scheme_of(prefixes_of(tags.split())) == scheme


@given(flat_entities(), st.sampled_from([("bioes", "IES", "ILU"), ("bmes", "MES", "MEW"), ("bio", "", "")]))
def test_biluo_and_bmewo_are_bioes_and_bmes_by_other_letters(entities, letters):
    scheme, ours, theirs = letters
    tags, _ = tags_from_entities(entities, 60, scheme)
    table = str.maketrans(ours, theirs)
    other = [tag[0].translate(table) + tag[1:] for tag in tags]
    assert entities_from_tags(other) == entities_from_tags(tags)


@given(ANY_ENTITIES)
def test_outermost_keeps_flat_entities_and_every_other_overlaps_one_that_is_not_shorter(entities):
    kept, dropped = outermost(entities)
    assert len(kept) + dropped == len(entities)
    assert all(before.end <= after.start for before, after in pairwise(kept))
    for entity in set(entities) - set(kept):
        rivals = [other for other in kept if entity.start < other.end and other.start < entity.end]
        assert any(other.end - other.start >= entity.end - entity.start for other in rivals)


def test_of_nested_entities_the_outer_one_is_tagged_and_the_inner_ones_are_counted():
    nested = [Entity(0, 6, "ORG"), Entity(0, 2, "LOC"), Entity(2, 4, "PER")]
    assert tags_from_entities(nested, 7) == (["B-ORG", *["I-ORG"] * 5, "O"], 2)


def test_tags_need_a_known_scheme_and_entities_inside_the_text():
    with pytest.raises(ValueError, match="bio, bioes, bmes"):
        tags_from_entities([], 3, "iob")
    with pytest.raises(ValueError, match="outside the text of 3"):
        tags_from_entities([Entity(2, 4, "PER")], 3)
