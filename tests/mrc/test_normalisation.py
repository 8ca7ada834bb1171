"""One code point stays one code point."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.normalisation import normalised


@given(st.text(st.characters()))
def test_every_code_point_on_its_own(text):
    assert len(normalised(text)) == len(text)
    assert normalised(text) == "".join(normalised(char) for char in text)
    normalised(text).encode()  # no surrogate is left
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    "char, form",
    [("Ａ", "A"), ("２", "2"), ("　", " "), ("北", "北"), ("…", "…"), ("㈱", "㈱"), ("é", "é"), ("\ud800", "\ufffd")],
)
def test_the_form_of_a_character(char, form):
    assert normalised(char) == form
    assert len(unicodedata.normalize("NFKC", char)) > 1 or form in ("\ufffd", unicodedata.normalize("NFKC", char))
