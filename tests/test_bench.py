"""Benchmarks: what they report, not how fast it is."""

import json

import numpy as np
import pytest

from bert_mrc_theseus.bench.contenders import CONTENDERS, missing_for
from bert_mrc_theseus.bench.machine import describe_machine, matmul_peak
from bert_mrc_theseus.bench.predict import bench_predict
from bert_mrc_theseus.bench.workload import Workload, arithmetic, examples_of, facts
from bert_mrc_theseus.checkpoints.weights import EncoderConfig
from bert_mrc_theseus.model_folder import load_model

TEXTS = ("不了的李明和的一在北京。", "这是上海", "人")


@pytest.fixture(scope="module")
def model(trained):
    return trained.run / "stage2" / "best"


def test_arithmetic_counts_every_product_once():
    config = EncoderConfig(10, 6, 2, 3, 8)
    length, hidden, inner, heads = 5, 6, 8, 3
    products = [(length, hidden, hidden)] * 4 + [(length, hidden, inner), (length, inner, hidden)]
    products += [(length, hidden // heads, length), (length, length, hidden // heads)] * heads
    expected = 2 * sum(2 * a * b * c for a, b, c in products)
    assert arithmetic(np.array([length]), config) == expected
    assert arithmetic(np.array([length, length]), config) == 2 * expected


def test_a_workload_has_as_many_types_as_asked_for(model):
    saved = load_model(model)
    examples = examples_of(saved, Workload("short", TEXTS, 5))
    assert len(examples.queries) == 5 and len(examples.all_pairs()) == 15
    found = facts(examples, TEXTS, 64)
    assert found["sentences"] == 3 and found["characters"] == sum(map(len, TEXTS))
    # [CLS] query [SEP] text [SEP], with queries of two characters.
    assert found["tokens"] == 5 * (found["characters"] + 3 * 5) and 0.0 <= found["padding"] < 1.0


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


def test_a_library_that_is_not_installed_is_named(model, monkeypatch):
    monkeypatch.setattr("bert_mrc_theseus.bench.contenders.find_spec", lambda name: None)
    for name in CONTENDERS:
        assert "pip install" in missing_for(name, model)


def test_the_machine_is_described():
    machine = describe_machine()
    assert machine["cores"] >= 1 and machine["processor"] and machine["versions"]["numpy"]
    assert matmul_peak(64, 0.01) > 0
