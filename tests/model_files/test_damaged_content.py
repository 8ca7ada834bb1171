"""Model folders whose files say what makes no sense: refused by name, at once, and without taking memory."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.checksums import CHECKSUMS
from bert_mrc_theseus.model_files.model_folder import CHECKED, GRAPH_FILES, OF_WORDS, RECORD, WEIGHTS, load_model
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from tests.helpers.model_folders import use_model
from tests.helpers.saved_models import make_saved

HUGE = 10**9
CONFIGS: list[tuple[str, Any]] = [
    ("encoder", []),
    ("encoder", None),
    ("encoder.vocab_size", HUGE),
    ("encoder.vocab_size", "287"),
    ("encoder.hidden_size", 0),
    ("encoder.hidden_size", HUGE),
    ("encoder.hidden_size", [16]),
    ("encoder.num_layers", HUGE),
    ("encoder.num_layers", 10**400),
    ("encoder.num_layers", 2.0),
    ("encoder.num_layers", True),
    ("encoder.num_heads", 0),
    ("encoder.num_heads", -1),
    ("encoder.num_heads", 3),
    ("encoder.intermediate_size", -32),
    ("encoder.head_size", 0),
    ("encoder.head_size", HUGE),
    ("encoder.max_positions", "128"),
    ("encoder.type_vocab_size", 0),
    ("encoder.layer_norm_eps", float("nan")),
    ("encoder.layer_norm_eps", "1e-12"),
    ("encoder.more", 1),
    ("window", None),
    ("window.size", 0),
    ("window.size", -5),
    ("window.size", "254"),
    ("window.size", 254.5),
    ("window.size", HUGE),
    ("window.overlap", 40),
    ("window.overlap", 254),
    ("window.overlap", -9),
    ("sharing", {}),
    ("sharing.modules", 2),
    ("sharing.modules", -1),
    ("sharing.modules", None),
    ("sharing.context_position", "16"),
    ("sharing.context_position", 0),
    ("match", 1),
    ("match.size", 10**9),
    ("match.size", 7),
    ("match.longest", 0),
    ("thresholds", [0.5]),
    ("thresholds.start", float("nan")),
    ("thresholds.end", 1.5),
    ("thresholds.match", "0.5"),
    ("version", [2]),
    ("version", "2"),
    ("format", None),
]


@pytest.mark.parametrize(("name", "value"), CONFIGS)
def test_a_value_that_makes_no_sense_is_refused(unchecked, name, value):
    path = unchecked / "config.json"
    config = json.loads(path.read_text())
    *parents, last = name.split(".")
    table = config
    for parent in parents:
        table = table[parent]
    table[last] = value
    path.write_text(json.dumps(config))
    with pytest.raises(ModelError, match=str(unchecked)) as found:
        use_model(unchecked)
    assert len(str(found.value)) < 400
    if name.count("."):
        assert (
            last in str(found.value)
            or "multiple of num_heads" in str(found.value)
            or name
            in (
                "sharing.modules",
                "match.size",
            )
        ), str(found.value)


CONTENTS = ["", "[]", "null", "7", "{", "[" * 100_000, '"\\ud800"', "{}", b"\xff\xfe{}"]


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", ["config.json", "queries.json"])
def test_json_of_another_kind_is_refused(unchecked, name, content):
    (unchecked / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ModelError, match=str(unchecked)):
        use_model(unchecked)


@pytest.mark.parametrize(
    "content",
    ['{"PER": null}', '{"PER": {"query": 7}}', '{"PER": {"query": ""}}', '{"PER": {"query": {"a": []}}}',
     '{"": {"query": "x"}}', '{"\\ud83d": {"query": "x"}}', '{"PER": {"query": "\\ud83d"}}'],
)  # fmt: skip
def test_queries_that_are_none(unchecked, content):
    (unchecked / "queries.json").write_text(content)
    with pytest.raises(ModelError, match=str(unchecked)):
        use_model(unchecked)


@pytest.mark.parametrize(
    "content", ["[]", "null", "{", "[" * 100_000, '{"config": [1]}', '{"scores": 7}', '{"data": "x"}']
)
def test_a_record_of_another_kind_is_refused(unchecked, content):
    (unchecked / RECORD).write_text(content)
    with pytest.raises(ModelError, match=str(unchecked)):
        use_model(unchecked)


def changed_tensors(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    tensors = {name: tensor.copy() for name, tensor in load_file(folder / WEIGHTS).items()}
    change(tensors)
    save_file(tensors, folder / WEIGHTS)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["heads.span.bias", "encoder.layer.1.output.dense.weight"])
def test_weights_that_are_no_numbers_are_named(unchecked, name, value):
    changed_tensors(unchecked, lambda tensors: tensors[name].fill(value))
    with pytest.raises(ModelError, match=f"'{name}' has values that are not finite"):
        load_model(unchecked)


@pytest.mark.parametrize("name", ["heads.span.weight", "heads.match.lengths", "embeddings.word_embeddings.weight"])
def test_tensors_that_are_absent_or_of_another_shape_are_named(unchecked, name):
    changed_tensors(unchecked, lambda tensors: tensors.update({name: tensors[name][:-1]}))
    with pytest.raises(ModelError, match=f"'{name}' has shape .*, the config says"):
        load_model(unchecked)
    changed_tensors(unchecked, lambda tensors: tensors.pop(name))
    with pytest.raises(ModelError, match=f"'{name}' is missing"):
        load_model(unchecked)


def test_a_vocabulary_larger_than_the_embeddings_is_refused_without_reading_them(unchecked):
    (unchecked / WEIGHTS).unlink()
    with open(unchecked / "vocab.txt", "a", encoding="utf-8") as stream:
        stream.write("".join(f"more{i}\n" for i in range(200_000)))
    with pytest.raises(ModelError, match="not of the same model"):
        load_engine(unchecked, "onnx")


def test_weights_too_large_to_compute_with_are_said(made, tmp_path):
    model = make_saved()
    for name, tensor in model.tensors.items():
        if name.endswith("dense.weight"):
            tensor[:] = 1e38 * np.sign(tensor)
    write_graphs(tmp_path, serialised(build_graphs(model)))
    for name in CHECKED:
        if name not in (*GRAPH_FILES, *OF_WORDS):
            shutil.copyfile(made / "ours" / name, tmp_path / name)
    (tmp_path / CHECKSUMS).unlink()
    with pytest.raises(ModelError, match="answers are not numbers"):
        use_model(tmp_path)
