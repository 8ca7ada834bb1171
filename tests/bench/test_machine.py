"""The machine, described and measured."""

from bert_mrc_theseus.bench.machine import describe_machine, matmul_peak


def test_the_machine_is_described():
    machine = describe_machine()
    assert machine["cores"] >= 1 and machine["processor"] and machine["versions"]["numpy"]
    assert matmul_peak(64, 0.01) > 0
