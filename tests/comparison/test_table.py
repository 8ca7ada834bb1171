"""The cells of a comparison's table."""

import statistics

from bert_mrc_theseus.comparison.table import mean_and_deviation


def test_a_mean_has_its_deviation():
    assert mean_and_deviation([0.5]) == "0.5000"
    assert mean_and_deviation([0.5, 0.6, 0.7]) == f"0.6000 ± {statistics.stdev([0.5, 0.6, 0.7]):.4f} (3)"
