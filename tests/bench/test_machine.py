"""The machine, described and measured."""

from types import SimpleNamespace

from bert_mrc_theseus.bench.machine import describe_machine, matmul_peak


def test_the_machine_is_described():
    machine = describe_machine()
    assert machine["cores"] >= 1 and machine["processor"] and machine["versions"]["numpy"]


def test_the_peak_is_that_of_the_fastest_product(monkeypatch):
    # Start of all; then, for each product, the look at the end, its start and its end: 2, 1 and 4 seconds.
    clock = iter([0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 7.0, 7.0])
    monkeypatch.setattr("bert_mrc_theseus.bench.machine.time", SimpleNamespace(perf_counter=lambda: next(clock)))
    # 10 x 10 x 10 multiplications, and as many additions, in one second.
    assert matmul_peak(10, seconds=5.0) == 2000 / 1e9
    assert next(clock, None) is None
