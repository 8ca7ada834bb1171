"""Benchmarks: what they report, not how fast it is."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from bert_mrc_theseus.bench.cold_start import bench_cold_start
from bert_mrc_theseus.bench.contenders import CONTENDERS, missing_for
from bert_mrc_theseus.bench.machine import describe_machine, matmul_peak
from bert_mrc_theseus.bench.predict import bench_predict
from bert_mrc_theseus.bench.scaling import bench_scaling
from bert_mrc_theseus.bench.shared_context import bench_shared
from bert_mrc_theseus.bench.train import bench_train
from bert_mrc_theseus.bench.workload import Workload, arithmetic, examples_of, facts
from bert_mrc_theseus.engines.onnx_engine import write_graphs
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.model_files.encoder_weights import EncoderConfig
from bert_mrc_theseus.model_files.model_folder import ONNX, load_model
from bert_mrc_theseus.mrc.examples import Sharing
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.documents import read_documents

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


def test_cold_start_and_scaling_run_the_real_command(trained, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(trained.run / "stage2" / "best", model)
    write_graphs(model / ONNX, serialised(build_graphs(load_model(model))))
    (onnx, keras) = bench_cold_start(model, 1)["rows"]
    assert (onnx["engine"], keras["engine"]) == ("onnx", "keras") and onnx["memory"] < keras["memory"]
    rows = bench_scaling(None, TEXTS, (0.001, 0.01))["rows"]
    assert [row["documents"] % len(TEXTS) for row in rows] == [0, 0] and rows[0]["documents"] < rows[1]["documents"]
    with pytest.raises(UserError, match="failed with status 1"):
        bench_cold_start(tmp_path, 1)


def test_shared_modules_are_counted_and_timed(model):
    saved = load_model(model)
    found = bench_shared(replace(saved, sharing=Sharing(1, 16)), TEXTS, [1, 3], 1, True, lambda line: None)
    assert [(row["shared"], row["once"], row["types"]) for row in found["rows"]] == [
        (shared, once, types) for types in (1, 3) for shared, once in ((0, 0), (1, 1), (1, 0))
    ]
    plain, shared, unshared = found["rows"][3:]
    contexts, queries, layers = sum(len(text) + 1 for text in TEXTS), 3 * 4, 2
    pairs = 3 * contexts + len(TEXTS) * queries
    assert plain["token_layers"] == pairs * (layers - 1) + 3 * contexts == unshared["token_layers"]
    assert shared["token_layers"] == contexts + queries + 3 * contexts
    assert plain["ratio"] == plain["type_cost"] == 1.0 and shared["token_layers_ratio"] > 1.0
    assert all(row["type_cost"] is None for row in found["rows"][:3]) and found["precision"] == "int8"


def test_training_steps_are_timed(trained):
    model = trained.run / "stage0" / "best"
    saved = load_model(model, tensors=False)
    documents = list(read_documents(trained.data / "train.jsonl"))
    examples = saved.examples(documents)
    names = (
        "keras stage 1 fp32",
        "keras stage 1 fp32, both branches",
        "keras stage 2 bf16",
        "keras stage 2 bf16, by text",
    )
    found = bench_train(model, examples, 2, 256, 1, lambda line: None, names)
    assert [row["contender"] for row in found["rows"]] == list(names) and found["rows"][0]["ratio"] == 1.0
    assert all(row["tokens_per_second"] > 0 for row in found["rows"]) and found["steps"] == 2
    assert 0.0 < found["preparation_seconds"] < 1.0
