"""Batches within a budget of tokens, and the pairs that an epoch samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.batching import cut_by_budget, padding_share, sample_pairs, sorted_batches, training_batches

LENGTHS = st.lists(st.integers(1, 300), max_size=200).map(lambda values: np.array(values, int))


@given(LENGTHS, st.integers(1, 600), st.integers(0, 5), st.integers(0, 5))
def test_every_example_is_in_one_batch_within_the_budget(lengths, budget, seed, epoch):
    for batches in (
        cut_by_budget(lengths, budget),
        sorted_batches(lengths, budget),
        training_batches(lengths, budget, seed, epoch),
    ):
        assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
        for batch in batches:
            assert len(batch) == 1 or len(batch) * lengths[batch].max() <= budget


def test_batches_depend_on_seed_and_epoch_alone():
    lengths = np.random.default_rng(0).integers(10, 60, 500)

    def flat(seed, epoch):
        return [tuple(batch) for batch in training_batches(lengths, 512, seed, epoch)]

    assert flat(1, 0) == flat(1, 0)
    assert flat(1, 0) != flat(1, 1) and flat(1, 0) != flat(2, 0)


@given(LENGTHS, st.data())
def test_examples_of_a_group_stay_beside_each_other(lengths, data):
    groups = np.array(data.draw(st.lists(st.integers(0, 30), min_size=len(lengths), max_size=len(lengths))), int)
    batches = training_batches(lengths, 600, 3, 1, groups)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * lengths[batch].max() <= 600 for batch in batches)
    for batch in batches:
        changes = 1 + np.count_nonzero(np.diff(groups[batch])) if len(batch) else 0
        assert changes == len(set(groups[batch]))


def test_padding_stays_under_five_percent_on_lengths_like_those_of_real_sentences():
    lengths = np.random.default_rng(0).gamma(2.0, 20.0, 20000).astype(int) + 6
    assert padding_share(lengths, training_batches(lengths, 2048, 0, 0)) < 0.05
    assert padding_share(lengths, sorted_batches(lengths, 4096)) < 0.05


@given(st.lists(st.booleans(), max_size=100), st.floats(0, 3), st.integers(0, 3))
def test_sampling_keeps_all_pairs_with_entities(flags, ratio, epoch):
    positive = np.array(flags, bool)
    chosen = sample_pairs(positive, ratio, 7, epoch)
    assert set(np.flatnonzero(positive)) <= set(chosen)
    assert len(set(chosen)) == len(chosen)
    # As many without entities as the ratio says, to the nearest number, or all that there are.
    wanted, without = ratio * max(1, positive.sum()), len(chosen) - positive.sum()
    assert abs(without - wanted) <= 0.5 or without == (~positive).sum() < wanted


@pytest.mark.parametrize(
    ("flags", "ratio", "without"),
    [
        ("+----+", 0.0, 0), ("+----+", 0.5, 1), ("+----+", 1.0, 2), ("+----+", 1.6, 3), ("+----+", 9.0, 4),
        ("------", 0.0, 0), ("------", 2.0, 2), ("------", 9.0, 6), ("++++++", 1.0, 0), ("", 1.0, 0),
    ],
)  # fmt: skip
def test_as_many_pairs_without_entities_as_the_ratio_says_and_there_are(flags, ratio, without):
    positive = np.array([flag == "+" for flag in flags], bool)
    for epoch in range(3):
        assert len(sample_pairs(positive, ratio, 7, epoch)) == flags.count("+") + without


def test_each_epoch_samples_other_pairs_without_entities():
    positive = np.arange(1000) < 100
    assert set(sample_pairs(positive, 1.0, 0, 0)) != set(sample_pairs(positive, 1.0, 0, 1))
