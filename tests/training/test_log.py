"""The log of a stage."""

import csv

import pytest


def test_logs(trained):
    with open(trained.run / "stage1" / "log.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    steps = [row for row in rows if row["loss"]]
    assert [int(row["step"]) for row in steps] == list(range(1, trained.report(1)["steps"] + 1))
    rates = [float(row["replace_rate"]) for row in steps]
    assert rates[0] == pytest.approx(0.3) and rates[-1] == 1.0 and rates == sorted(rates)
    assert len([row for row in rows if row["f1"]]) == 10
    assert list((trained.run / "stage1" / "tensorboard").iterdir())
