"""Words in a text and their features, against a plain search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.lexicon import BITS, BORDERS, Lexicon, build_lexicon, features_of
from bert_mrc_theseus.mrc.normalisation import normalised
from bert_mrc_theseus.mrc.windows import SENTENCE_ENDS, cut_windows, joined_runs
from bert_mrc_theseus.text.word_lists import CLASSES, LONGEST, OTHER_NAME, PERSON, PLACE, WORD, WordList
from tests.helpers.strategies import CHARACTERS

LETTERS = st.sampled_from("北京大学Ａ1，。！")
WORDS = st.dictionaries(
    st.text(LETTERS, min_size=1, max_size=LONGEST), st.integers(1, 2 ** len(CLASSES) - 1), max_size=8
)
LISTS = st.lists(WORDS, min_size=1, max_size=3).map(
    lambda lists: [WordList(f"list {number}", "", words) for number, words in enumerate(lists)]
)
TEXTS = st.text(st.one_of(LETTERS, LETTERS, CHARACTERS, st.characters()), max_size=30)


def classes_in(lists: list[WordList], text: str) -> list[int]:
    """Classes of a text as a word, by each list."""
    found = []
    for words in lists:
        kinds = 0
        for word, more in words.words.items():
            if normalised(word) == normalised(text) and SENTENCE_ENDS.isdisjoint(normalised(word)[:-1]):
                kinds |= more
        found.append(kinds)
    return found


@given(LISTS, TEXTS)
def test_all_words_are_found(lists, text):
    expected = []
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if any(kinds := classes_in(lists, text[start:end])):
                expected.append((start, end - start, kinds))
    matches = build_lexicon(lists).matches(text)
    found = zip(matches.starts.tolist(), matches.lengths.tolist(), matches.classes.tolist(), strict=True)
    assert list(found) == expected
    assert [field.dtype for field in matches] == [np.int32, np.int32, np.int32, np.uint8]


@given(LISTS, TEXTS)
def test_features_are_borders_of_words_by_class_and_source(lists, text):
    matches = build_lexicon(lists).matches(text)
    expected = np.zeros((len(text), len(lists)), int)
    for start, size, kinds in zip(matches.starts, matches.lengths, matches.classes, strict=True):
        borders = "S" if size == 1 else "B" + "M" * (size - 2) + "E"
        for source in range(len(lists)):
            for kind in range(len(CLASSES)):
                if kinds[source] >> kind & 1:
                    for place, border in enumerate(borders):
                        expected[start + place, source] |= 1 << (4 * kind + BORDERS.index(border))
    features = features_of(matches, len(text))
    assert features.dtype == np.int32 and features.max(initial=0) < 2**BITS
    np.testing.assert_array_equal(features, expected)


@given(LISTS, st.text(LETTERS, min_size=20, max_size=60))
def test_a_long_document_may_be_cut_where_its_windows_are_at_sentence_ends(lists, text):
    lexicon = build_lexicon(lists)
    whole = features_of(lexicon.matches(text), len(text))
    windows = cut_windows(text, 16, 4, word_borders=lambda _: [])
    for run in joined_runs(windows):
        part = slice(windows[run[0]].start, windows[run[-1]].end)
        alone = lexicon.matches(text[part])
        np.testing.assert_array_equal(whole[part], features_of(alone, part.stop - part.start))


def test_a_word_of_two_classes_and_two_sources():
    lexicon = build_lexicon(
        [
            WordList("a", "", {"高峰": 1 << PERSON | 1 << WORD}),
            WordList("b", "", {"高峰": 1 << PLACE, "峰": 1 << PERSON}),
        ]
    )
    features = features_of(lexicon.matches("高峰"), 2)
    begin, _, end, single = (1 << number for number in range(4))
    assert features[:, 0].tolist() == [begin | begin << 4 * WORD, end | end << 4 * WORD]
    assert features[:, 1].tolist() == [begin << 4 * PLACE, end << 4 * PLACE | single]


def test_full_width_forms_are_the_same_word():
    lexicon = build_lexicon([WordList("a", "", {"Ｔ恤": 1 << WORD, "T恤": 1 << OTHER_NAME})])
    assert lexicon.sources[0].words == 1
    assert lexicon.matches("Ｔ恤").classes.tolist() == [[1 << WORD | 1 << OTHER_NAME]]


def test_what_is_left_out_is_counted():
    lexicon = build_lexicon([WordList("a", "MIT", {"雅虎！奇摩": 1, "雅虎！": 1}, left_out=2)])
    source = lexicon.sources[0]
    assert (source.name, source.notice, source.words, source.left_out) == ("a", "MIT", 1, 3)
    assert len(lexicon.matches("雅虎！奇摩").starts) == 1


def test_what_does_not_fit_is_refused():
    lexicon = build_lexicon([WordList("a", "", {"北京": 1})])
    with pytest.raises(ValueError, match="do not fit"):
        Lexicon(lexicon.sources, lexicon.trie, lexicon.classes[:0])
    with pytest.raises(ValueError, match="same name"):
        build_lexicon([WordList("a", "", {"北京": 1})] * 2)


def test_no_words():
    lexicon = build_lexicon([WordList("a", "", {})])
    assert features_of(lexicon.matches("北京"), 2).tolist() == [[0], [0]]
