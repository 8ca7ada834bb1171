"""`bench predict`: what it reports, not how fast it is."""

import json

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
        assert row["difference"] < 1e-4 and row["sentences_per_second"] > 0 and row["memory"] > 10
        assert row["latency_p50"] <= row["latency_p95"]
        assert row["ratio"] == 1.0 or row["contender"] != "keras fp32"
    assert "export" in found["left_out"][f"{model} onnx int8"]
    assert json.loads(json.dumps(found)) == found
