"""What is taken out of lexicon features at training."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.lexicon import build_lexicon, features_of
from bert_mrc_theseus.mrc.lexicon_noise import without_entities, without_sources
from bert_mrc_theseus.text.word_lists import WordList

LEXICON = build_lexicon(
    [WordList("a", "", {"北京": 2, "大学": 16, "北京大学": 4}), WordList("b", "", {"北京": 2, "京": 16, "上海": 2})]
)
TEXT = "北京大学在北京，上海"
MATCHES = LEXICON.matches(TEXT)


def found(matches) -> list[str]:
    return [TEXT[s : s + n] for s, n in zip(matches.starts.tolist(), matches.lengths.tolist(), strict=True)]


def test_an_entity_is_taken_out_wherever_it_occurs_and_no_other_word():
    left = without_entities(MATCHES, [(5, 7)], 1.0, 0)
    assert found(left) == [word for word in found(MATCHES) if word != "北京"]


def test_entities_that_are_no_words_take_out_nothing():
    assert found(without_entities(MATCHES, [(1, 3), (4, 5)], 1.0, 0)) == found(MATCHES)


@given(st.integers(0, 2**32))
def test_each_word_is_drawn_on_its_own_by_the_seed(seed):
    entities = [(0, 4), (0, 2), (8, 10)]
    assert found(without_entities(MATCHES, entities, 0.0, seed)) == found(MATCHES)
    left = set(found(without_entities(MATCHES, entities, 0.5, (seed, 1))))
    assert left >= {"大学", "京"}
    assert left == set(found(without_entities(MATCHES, entities[::-1], 0.5, (seed, 1))))


def test_as_often_as_asked():
    counts = [len(set(found(without_entities(MATCHES, [(0, 4), (0, 2)], 0.25, seed)))) for seed in range(800)]
    assert abs(5 - np.mean(counts) - 2 * 0.25) < 0.06


def test_whole_sources_are_left_out():
    features = features_of(MATCHES, len(TEXT))
    assert features.any(axis=0).all()
    seen = set()
    for seed in range(100):
        left = without_sources(features, 0.5, seed)
        assert left.dtype == features.dtype
        for column in range(2):
            assert not left[:, column].any() or (left[:, column] == features[:, column]).all()
        np.testing.assert_array_equal(left, without_sources(features, 0.5, seed))
        seen.add(tuple(left.any(axis=0).tolist()))
    assert len(seen) == 4
    np.testing.assert_array_equal(without_sources(features, 0.0, 1), features)
    assert not without_sources(features, 1.0, 1).any()
