"""`bench predict`: what it reports, not how fast it is."""

import json
from typing import ClassVar

import numpy as np

from bert_mrc_theseus.bench.predict import bench_predict
from bert_mrc_theseus.bench.workload import Workload
from tests.helpers.documents import TEXTS


def test_engines_agree_and_who_cannot_run_is_named(model):
    lines = []
    workloads = [Workload("short", TEXTS, 1), Workload("short", TEXTS, 3)]
    found = bench_predict(
        [model], workloads, 1, (model, "keras fp32"), lines.append, ("keras fp32", "onnx fp32", "onnx int8")
    )
    assert [(row["contender"], row["types"]) for row in found["rows"]] == [
        ("keras fp32", 1), ("onnx fp32", 1), ("keras fp32", 3), ("onnx fp32", 3)
    ]  # fmt: skip
    for row in found["rows"]:
        assert row["difference"] < 1e-4 and row["reading"] > 0 and row["latency_p50"] <= row["latency_p95"]
        # MB of a process that has NumPy and an engine loaded.
        assert 30 < row["memory"] < 10_000
    assert [row["ratio"] for row in found["rows"] if row["contender"] == "keras fp32"] == [1.0, 1.0]
    assert "export" in found["left_out"][f"{model} onnx int8"]
    assert json.loads(json.dumps(found)) == found


RUNS = {"keras fp32": [9.0, 2.5, 2.0], "onnx fp32": [9.0, 0.5, 1.5]}
"""Seconds of each run; the first warms up."""


class FakeWorker:
    """A contender that takes as long as it is told, and differs from others in one probability."""

    made: ClassVar[dict[str, "FakeWorker"]] = {}

    def __init__(self, factory, contender, folder):
        self.made[contender] = self
        self.contender, self.runs, self.stopped = contender, 0, False

    def call(self, method, *arguments):
        if method == "run":
            self.runs += 1
            probabilities = np.full((1, 12, 2), 0.5 if self.contender == "keras fp32" else 0.4)
            return RUNS[self.contender][self.runs - 1], 0.5 / self.runs, [probabilities]
        return {"latencies": [0.001, 0.002, 0.003], "peak_memory": 123.45}[method]

    def stop(self):
        self.stopped = True


def test_numbers_follow_from_the_seconds_of_the_fastest_round(model, monkeypatch):
    monkeypatch.setattr("bert_mrc_theseus.bench.predict.OwnProcess", FakeWorker)
    monkeypatch.setattr("bert_mrc_theseus.bench.predict.matmul_peak", lambda: 1e-3)
    keras, onnx = bench_predict(
        [model], [Workload("short", TEXTS, 2)], 2, (model, "keras fp32"), lambda line: None, tuple(RUNS)
    )["rows"]
    assert all(worker.runs == 3 and worker.stopped for worker in FakeWorker.made.values())
    assert (keras["seconds"], onnx["seconds"]) == (2.0, 0.5) and (keras["ratio"], onnx["ratio"]) == (1.0, 4.0)
    assert keras["reading"] == 0.1667
    # 3 texts of 17 characters; with 2 types 6 pairs, whose queries have 2 characters: 2 x 17 + 6 x (2 + 3) = 64 tokens.
    assert (keras["sentences_per_second"], onnx["sentences_per_second"]) == (1.5, 6.0)
    assert (keras["characters_per_second"], keras["tokens_per_second"]) == (8.5, 32.0)
    assert (keras["difference"], onnx["difference"]) == (0.0, 0.1)
    assert (keras["latency_p50"], keras["latency_p95"], keras["memory"]) == (2.0, 2.9, 123.5)
    # 2 layers of 32 and 64: 64 tokens x 16,384 for the dense parts, and 128 x 2 x (17 x 17 + 9 x 9 + 6 x 6) for attention, are
    # 2,305,024 operations; the machine's peak is a million a second here.
    assert (keras["peak_share"], onnx["peak_share"]) == (1.153, 4.61)
