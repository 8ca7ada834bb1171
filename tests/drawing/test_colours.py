"""Looks of types."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.drawing.assets import style
from bert_mrc_theseus.drawing.colours import HUES, LOOKS, look_of, looks_of

DARK = (0x15, 0x19, 0x1D)
"""The page's colour in the dark."""


@given(st.lists(st.text(max_size=2), unique=True, max_size=LOOKS))
def test_types_on_one_page_look_different(types):
    looks = looks_of(types)
    assert list(looks) == types and len(set(looks.values())) == len(types)
    assert all(look < HUES for look in list(looks.values())[:HUES])


def test_more_types_than_looks_have_looks_too():
    looks = looks_of(map(str, range(100)))
    assert len(looks) == 100 and set(looks.values()) == set(range(LOOKS))


def test_a_type_looks_the_same_beside_others_and_alone():
    usual = ("PER", "LOC", "ORG", "GPE", "TIME", "DATE")
    together = looks_of(usual)
    for name in usual:
        assert look_of(name, {}) == together[name] == looks_of([name])[name]


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (value / 255 for value in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_names_and_lines_can_be_read_in_the_light_and_in_the_dark():
    hues = [tuple(map(int, found)) for found in re.findall(r"--bmt-hue: (\d+) (\d+) (\d+);", style())]
    assert len(set(hues)) == HUES
    for hue in hues:
        assert contrast(hue, (255, 255, 255)) >= 4.5 and contrast(hue, DARK) >= 3
