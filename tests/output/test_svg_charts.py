"""Line charts as SVG."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.output.svg_charts import Line, line_chart, short, ticks


def test_a_chart_stays_within_its_frame():
    chart = str(line_chart([Line("a<b", "red", [(1, -5.0), (2, 0.5), (3, 9.0)])], "x", 0.0, 1.0))
    (path,) = re.findall(r'd="(M[^"]*)" fill="none"', chart)
    numbers = [tuple(map(float, pair.split())) for pair in path[1:].split("L")]
    assert all(52 <= x <= 420 and 10 <= y <= 162 for x, y in numbers) and "a&lt;b" in chart
    assert line_chart([Line("a", "red", [])], "x") == ""


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_round_even_and_within_the_axis(low, length):
    found = ticks(low, low + length)
    slack = 1e-8 * length + 1e-11 * abs(low)
    assert 1 <= len(found) <= 6 and low - slack <= found[0] and found[-1] <= low + length + slack
    steps = {f"{b - a:.4g}" for a, b in pairwise(found)}
    assert len(steps) <= 1 or length < 1e-9 * abs(low)


@pytest.mark.parametrize(
    "low, high, labels",
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (1, 2345, ["500", "1,000", "1,500", "2,000"]),
        (0.031, 0.052, ["0.035", "0.04", "0.045", "0.05"]),
        (7, 7, ["7"]),
    ],
)
def test_labels_of_ticks(low, high, labels):
    assert [short(value) for value in ticks(low, high)] == labels


def test_every_point_says_its_value():
    chart = str(line_chart([Line("<loss>", "red", [(10, 0.51234), (20, 0.25)], chinese="损失")], "x"))
    assert re.findall(r"<title>(.*?)</title>", chart) == ["&lt;loss&gt;: 0.5123 (10)", "&lt;loss&gt;: 0.25 (20)"]
    assert 'data-zh="损失"' in chart
