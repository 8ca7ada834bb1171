"""The bundled model on any texts: what comes out fits what went in."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.text.documents import Document
from tests.helpers.strategies import CHARACTERS
from tests.helpers.stress import note, under_stress

TEXT = st.lists(
    CHARACTERS | st.characters() | st.sampled_from(["程晓光", "广州", "\r\n", "\0"]), max_size=under_stress(30, 60)
).map("".join)
EXAMPLES, SOME = under_stress((25, 4), (1000, 20))
"""Hypothesis's examples, and the texts of an example at most."""


@pytest.fixture(scope="module")
def extractor():
    with Extractor.load() as made:
        yield made


@settings(max_examples=EXAMPLES)
@given(st.lists(TEXT, min_size=under_stress(1, 10), max_size=SOME))
def test_entities_lie_in_their_texts_in_order(extractor, texts):
    documents = [Document(number, text, rest={"n": number}) for number, text in enumerate(texts)]
    found = list(extractor.documents(documents))
    assert [(d.id, d.text, d.rest) for d in found] == [(d.id, d.text, d.rest) for d in documents]
    for document in found:
        for entity in document.entities:
            assert 0 <= entity.start < entity.end <= len(document.text) and 0 < entity.score <= 1
            assert document.text_of(entity).strip() == document.text_of(entity)
            assert entity.type in extractor.schema.names
        assert all(a.end <= b.start for a, b in pairwise(document.entities))
    alone = [[(e.text, e.type, e.start) for e in extractor(text)] for text in texts[:2]]
    assert alone == [[(d.text_of(e), e.type, e.start) for e in d.entities] for d in found[:2]]


def test_how_many_texts_that_were():
    note(f"prediction: {EXAMPLES} lists of up to {SOME} random texts, each at its place with entities that lie in it")
