"""Figures of how different sentences are."""

import pytest
from bert_mrc_theseus.preprocess.generation.variety import likeness, nearest, ngrams, variety
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.text.documents import Document, Entity

SETS = st.lists(st.text("天地玄黄", min_size=1, max_size=12), min_size=1, max_size=8)


@given(SETS)
def test_the_nearest_is_the_nearest_of_all_pairs(texts):
    grams = [ngrams(text) for text in texts]
    for number, value in enumerate(nearest(grams)):
        others = [likeness(grams[number], other) for place, other in enumerate(grams) if place != number]
        assert value == pytest.approx(max(others, default=0.0))


def test_figures():
    documents = [
        Document("1", "甲乙丙丁戊", (Entity(0, 2, "PER"),), rest={"frame": "a-1", "genre": "a"}),
        Document("2", "甲乙丙丁己", (Entity(0, 2, "PER"), Entity(3, 4, "LOC")), rest={"frame": "a-1", "genre": "a"}),
        Document("3", "子丑", rest={"frame": "b-1", "genre": "b"}),
    ]
    made = variety(documents)
    assert (made.sentences, made.characters, made.frames, made.most_of_a_frame) == (3, 12, 2, 2)
    assert made.without_entities == 1 and made.genres == {"a": 2, "b": 1}
    assert made.mentions == {"PER": 2, "LOC": 1} and made.names == {"PER": 1, "LOC": 1} and made.names_once == 0.5
    # 甲乙丙丁 twice, 乙丙丁戊, 乙丙丁己, 子丑.
    assert made.distinct_4grams == 0.8
    assert made.near_duplicates == 0 and made.nearest == pytest.approx(2 / 9, abs=1e-4)


def test_near_duplicates():
    documents = [
        Document(str(number), text, rest={"frame": "a-1", "genre": "a"})
        for number, text in enumerate(["一二三四五六七", "一二三四五六八", "甲乙丙丁"])
    ]
    assert variety(documents).near_duplicates == pytest.approx(2 / 3, abs=1e-4)
