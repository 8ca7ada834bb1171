"""Probabilities to spans, flat and nested."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from bert_mrc_theseus.decoding.spans import REJECTED, Thresholds, candidate_spans, decode_flat, nested_spans

PROBABILITIES = arrays(
    np.float32, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=12), elements=st.floats(0, 1, width=32)
)
THRESHOLDS = st.builds(Thresholds, st.floats(0, 1), st.floats(0, 1))


def as_probabilities(spans, types, length):
    start, end = np.zeros((2, types, length), np.float32)
    for kind, first, last in spans:
        start[kind, first] = end[kind, last - 1] = 1.0
    return start, end


@given(PROBABILITIES, st.randoms(use_true_random=False), THRESHOLDS, st.booleans())
def test_decoding_is_total_and_flat(start, random, thresholds, across):
    end = start.copy().ravel()
    random.shuffle(end)
    end = end.reshape(start.shape)
    found = decode_flat(start, end, thresholds, across)
    taken = set()
    for kind, first, last, score in found:
        assert 0 <= kind < start.shape[0] and 0 <= first < last <= start.shape[1] and 0.0 <= score <= 1.0
        assert start[kind, first] >= thresholds.start and end[kind, last - 1] >= thresholds.end
        cells = {(0 if across else kind, place) for place in range(first, last)}
        assert not cells & taken
        taken |= cells
    assert found == sorted(found, key=lambda item: (item[1], item[2], item[0]))
    # What was left out overlaps something that scores at least as much.
    for kind in range(start.shape[0]):
        for first, last, score in candidate_spans(start[kind], end[kind], thresholds):
            if (kind, first, last) not in {item[:3] for item in found}:
                rivals = [s for k, a, b, s in found if (across or k == kind) and a < last and first < b]
                assert max(rivals) >= score


@st.composite
def flat_spans(draw):
    """Spans that do not overlap, over 3 types and 20 characters."""
    edges = sorted(draw(st.sets(st.integers(0, 20), max_size=10)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return [(draw(st.integers(0, 2)), first, last) for first, last in pairs]


@given(flat_spans())
def test_perfect_probabilities_give_back_the_spans(spans):
    found = decode_flat(*as_probabilities(spans, 3, 20))
    assert [item[:3] for item in found] == sorted(spans, key=lambda s: s[1]) and all(s == 1.0 for *_, s in found)


def test_the_nearest_end_and_the_better_start():
    start = np.array([[0.9, 0.6, 0.0, 0.0]], np.float32)
    end = np.array([[0.0, 0.0, 0.8, 0.9]], np.float32)
    ((kind, first, last, score),) = decode_flat(start, end)
    assert (kind, first, last) == (0, 0, 3) and score == pytest.approx((0.9 * 0.8) ** 0.5)


def test_overlap_between_types_only_if_asked():
    start, end = as_probabilities([(0, 0, 3), (1, 1, 2)], 2, 4)
    assert [item[:3] for item in decode_flat(start, end)] == [(0, 0, 3)]
    assert len(decode_flat(start, end, across_types=False)) == 2


def test_a_start_without_an_end_is_nothing():
    start, end = np.zeros((2, 1, 4), np.float32)
    start[0, 2], end[0, 1] = 1.0, 1.0
    assert decode_flat(start, end) == []


def test_what_is_not_a_probability_is_refused():
    good, bad = np.zeros((1, 2)), np.array([[0.5, np.nan]])
    with pytest.raises(ValueError, match="probabilities"):
        decode_flat(good, bad)
    with pytest.raises(ValueError, match="one shape"):
        decode_flat(good, np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"Received: 1\.5"):
        Thresholds(1.5)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=8))
def test_decoding_gives_back_any_set_of_spans(pairs):
    spans = {(start, min(10, start + length)) for start, length in pairs}
    ends, matches = np.zeros((10, 2)), np.zeros((10, 10))
    for start, end in spans:
        ends[start, 0] = ends[end - 1, 1] = matches[start, end - 1] = 1.0
    assert nested_spans(ends, matches, Thresholds()) == [(start, end, 1.0) for start, end in sorted(spans)]


def test_decoding_needs_start_and_end_and_the_score_is_the_geometric_mean_of_all_three():
    ends, matches = np.full((2, 2), 0.6), np.full((2, 2), 0.7)
    assert [s[:2] for s in nested_spans(ends, matches, Thresholds())] == [(0, 1), (0, 2), (1, 2)]
    assert nested_spans(ends, matches, Thresholds())[0][2] == pytest.approx((0.6 * 0.6 * 0.7) ** (1 / 3))
    for thresholds in (Thresholds(0.61), Thresholds(0.5, 0.61)):
        assert nested_spans(ends, matches, thresholds) == []


def test_a_nearest_end_needs_only_not_to_be_rejected():
    ends, matches = np.full((2, 2), 0.6), np.full((2, 2), 0.7)
    unsure = Thresholds(0.5, 0.5, 0.71)
    assert [s[:2] for s in nested_spans(ends, matches, unsure)] == [(0, 1), (1, 2)]
    matches[0, 0] = REJECTED / 2
    assert [s[:2] for s in nested_spans(ends, matches, unsure)] == [(1, 2)]
    assert [s[:2] for s in nested_spans(ends, matches, Thresholds())] == [(0, 2), (1, 2)]
