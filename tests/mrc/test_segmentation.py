"""Pieces that cover each character: against a plain Viterbi, on arbitrary text, cut anywhere it may be."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc import segmentation
from bert_mrc_theseus.mrc.normalisation import normalised
from bert_mrc_theseus.mrc.segmentation import UNKNOWN_PENALTY, Segmentation, Segmenter
from bert_mrc_theseus.mrc.windows import cut_windows, joined_runs
from tests.helpers.strategies import CHARACTERS

ALPHABET = "北京大学12𠮷]^-\\"
TEXTS = st.text(st.one_of(st.sampled_from(ALPHABET + "，。 １"), CHARACTERS, st.characters()), max_size=40)


@st.composite
def vocabularies(draw):
    """Entries in a segmenter's order, with scores whose sums are exact, so that ties are frequent and are ties."""
    words = draw(st.lists(st.text(st.sampled_from(ALPHABET), min_size=2, max_size=5), unique=True, max_size=12))
    characters = draw(st.lists(st.sampled_from(ALPHABET), unique=True))
    entries = [*words, *characters]
    scores = draw(st.lists(st.integers(-16, -1), min_size=len(entries), max_size=len(entries)))
    return entries, np.array(scores, np.float32) / 4


def viterbi(text: str, entries: list[str], scores: np.ndarray) -> list[str]:
    """The best pieces of a text of which every character is in some entry; of several ones with longest last pieces."""
    known = dict(zip(entries, scores.tolist(), strict=True))
    worst = min(known.values()) - UNKNOWN_PENALTY
    best = [(0.0, [])]
    for end in range(1, len(text) + 1):
        candidates = []
        for start in range(end):  # the longest piece first: `max` keeps the first of equals
            piece = text[start:end]
            score = known.get(piece, worst if len(piece) == 1 else None)
            if score is not None:
                candidates.append((best[start][0] + score, [*best[start][1], piece]))
        best.append(max(candidates, key=lambda candidate: candidate[0]))
    return best[-1][1]


def pieces_of(text: str, found: Segmentation) -> list[str]:
    return [text[i : i + found.lengths[i]] for i in np.flatnonzero(found.offsets == 0)]


@given(vocabularies(), TEXTS)
def test_pieces_cover_every_character_once(vocabulary, text):
    entries, scores = vocabulary
    found = Segmenter(entries, scores)(text)
    assert all(field.dtype == np.int32 and field.shape == (len(text),) for field in found)
    assert "".join(pieces_of(text, found)) == text
    words = [entry for entry in entries if len(entry) > 1]
    position = 0
    for number, piece in enumerate(pieces_of(text, found)):
        covered = slice(position, position + len(piece))
        assert found.offsets[covered].tolist() == list(range(len(piece)))
        assert set(found.lengths[covered]) == {len(piece)} and set(found.numbers[covered]) == {number}
        expected = words.index(normalised(piece)) if len(piece) > 1 else -1
        assert set(found.rows[covered]) == {expected}
        position += len(piece)


@given(vocabularies(), st.text(st.sampled_from(ALPHABET), max_size=20))
def test_equal_to_a_plain_viterbi(vocabulary, text):
    entries, scores = vocabulary
    words = [entry for entry in entries if len(entry) > 1]
    assume(words)
    text = "".join(char for char in text if char in "".join(words))
    assert pieces_of(text, Segmenter(entries, scores)(text)) == viterbi(text, entries, scores)


def test_ties_go_to_the_longer_last_piece():
    segmenter = Segmenter(["北京", "京大"], np.array([-1, -1], np.float32))
    assert pieces_of("北京大", segmenter("北京大")) == ["北", "京大"]


@given(vocabularies(), TEXTS, TEXTS, st.sampled_from("，。\n ！"))
def test_nothing_around_a_border_changes_a_segmentation(vocabulary, left, right, border):
    segmenter = Segmenter(*vocabulary)
    whole, first, second = segmenter(left + border + right), segmenter(left + border), segmenter(right)
    for field in ("rows", "offsets", "lengths"):
        np.testing.assert_array_equal(
            getattr(whole, field), np.concatenate([getattr(first, field), getattr(second, field)])
        )


@given(vocabularies(), st.text(st.sampled_from(ALPHABET + "，。！”"), min_size=20, max_size=60))
def test_a_long_document_may_be_cut_where_its_windows_are_at_sentence_ends(vocabulary, text):
    segmenter = Segmenter(*vocabulary)
    whole = segmenter(text)
    windows = cut_windows(text, 16, 4, word_borders=lambda _: [])
    for run in joined_runs(windows):
        part = slice(windows[run[0]].start, windows[run[-1]].end)
        alone = segmenter(text[part])
        np.testing.assert_array_equal(alone[:3], [field[part] for field in whole[:3]])


def test_many_runs_are_as_few(monkeypatch):
    segmenter = Segmenter(["北京", "大学", "京"], np.array([-1, -2, -4], np.float32))
    text = "北京，大学北京 京大。" * 5
    expected = segmenter(text)
    monkeypatch.setattr(segmentation, "RUNS", 2)
    np.testing.assert_array_equal(segmenter(text), expected)


def test_full_width_digits_are_digits():
    found = Segmenter(["20"], np.array([-1], np.float32))("２0年")
    assert found.rows.tolist() == [0, 0, -1]


@pytest.mark.parametrize("text", ["", "abc", "北京"])
def test_without_pieces_every_character_stands_alone(text):
    found = Segmenter([], np.zeros(0, np.float32))(text)
    assert found.rows.tolist() == [-1] * len(text) and found.numbers.tolist() == list(range(len(text)))


def test_a_text_without_a_border_is_cut_too():
    found = Segmenter(["北京"], np.array([-1], np.float32))("北京" * 50_000)
    assert found.numbers[-1] == 49_999
