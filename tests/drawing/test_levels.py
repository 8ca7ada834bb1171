"""Levels of underlines."""

from hypothesis import given

from bert_mrc_theseus.drawing.levels import DEEPEST, in_reading_order, levels_of
from bert_mrc_theseus.text.documents import Entity
from tests.helpers.strategies import documents


@given(documents(nested=True))
def test_entities_on_one_level_do_not_overlap_and_inner_ones_are_nearer_to_the_text(document):
    drawn = in_reading_order(document.entities)
    levels = levels_of(drawn)
    assert sorted(drawn) == list(document.entities)
    if max(levels, default=0) == DEEPEST - 1:
        return
    for i, (a, level) in enumerate(zip(drawn, levels, strict=True)):
        for b, other in zip(drawn[:i], levels[:i], strict=True):
            overlap = a.start < b.end and b.start < a.end
            assert not overlap or level < other


def test_what_is_nested_very_deep_has_a_level_too():
    drawn = in_reading_order([Entity(0, n, "X") for n in range(1, 5001)])
    levels = levels_of(drawn)
    assert levels[0] == DEEPEST - 1 and levels[-1] == 0 and len(levels) == 5000


def test_groups_that_do_not_overlap_have_levels_of_their_own():
    drawn = [Entity(0, 4, "A"), Entity(0, 2, "B"), Entity(4, 6, "C")]
    assert levels_of(drawn) == [1, 0, 0]
