"""Replace rates, draws and learning rates over a run."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.training.schedules import draw_replacements, replace_rate, warmup_linear_decay


def test_linear_rises_from_base_to_one_and_stays():
    rate = replace_rate("linear", 100, base=0.3, reach=0.5)
    assert rate(0) == pytest.approx(0.3)
    assert rate(25) == pytest.approx(0.65)
    assert [rate(step) for step in (50, 99, 1000)] == [1.0, 1.0, 1.0]


def test_constant_switches_to_one():
    rate = replace_rate("constant", 100, rate=0.5, reach=0.7)
    assert [rate(step) for step in (0, 69, 70, 99)] == [0.5, 0.5, 1.0, 1.0]


@given(st.sampled_from(["linear", "constant"]), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_rates_are_probabilities_that_never_fall(name, total, base, reach):
    rates = [replace_rate(name, total, base=base, rate=base, reach=reach)(step) for step in range(total + 1)]
    assert all(0.0 <= a <= b <= 1.0 for a, b in pairwise(rates))
    assert rates[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [{"base": -0.1}, {"reach": 1.5}, {"rate": 2.0}])
def test_rejects_values_outside_their_range(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        replace_rate("linear", 10, **bad)


def test_rejects_an_unknown_name():
    with pytest.raises(ValueError, match="cosine"):
        replace_rate("cosine", 10)


def test_draws_are_a_function_of_seed_and_step():
    assert (draw_replacements(0.5, 1, 7, 6) == draw_replacements(0.5, 1, 7, 6)).all()
    draws = np.stack([draw_replacements(0.3, 1, step, 6) for step in range(4000)])
    assert draws.mean(axis=0) == pytest.approx(np.full(6, 0.3), abs=0.03)
    # Modules draw independently of each other and of the step before.
    assert abs(np.corrcoef(draws[:, 0], draws[:, 1])[0, 1]) < 0.05
    assert abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 0.05
    assert draw_replacements(1.0, 0, 0, 6).all() and not draw_replacements(0.0, 0, 0, 6).any()


def test_learning_rate_rises_then_falls_to_zero():
    rates = [warmup_linear_decay(step, peak=2.0, warmup=10, total=100) for step in range(101)]
    assert rates[0] == pytest.approx(0.2) and max(rates) == pytest.approx(2.0) and rates[100] == 0.0
    assert rates[9] == pytest.approx(2.0) and rates[55] == pytest.approx(1.0)
