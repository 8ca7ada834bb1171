"""Model folders that were damaged, mixed up or made by hand: refused by name, at once, and without taking memory."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.decoding.entities import FlatAnswers
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.engines.onnx_engine import write_graphs
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files import checksums
from bert_mrc_theseus.model_files.checksums import CHECKSUMS
from bert_mrc_theseus.model_files.model_folder import (
    CHECKED,
    GRAPH_FILES,
    OF_WORDS,
    RECORD,
    WEIGHTS,
    load_model,
    load_spec,
    save_model,
    save_thresholds,
)
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.documents import Document
from tests.helpers.saved_models import make_saved, match_model, word_model


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Folders of two models, `ours` and `other`, each with weights and graphs."""
    folder = tmp_path_factory.mktemp("models")
    for name, model in (("ours", make_saved()), ("other", match_model())):
        save_model(folder / name, model)
        write_graphs(folder / name, serialised(build_graphs(model)))
    return folder


@pytest.fixture(scope="module")
def with_words(tmp_path_factory) -> Path:
    """The same of models with words, which have all files that there are."""
    folder = tmp_path_factory.mktemp("words")
    for name, model in (("ours", word_model()), ("other", word_model(layers=2))):
        save_model(folder / name, model)
        write_graphs(folder / name, serialised(build_graphs(model)))
    return folder


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made / "ours", tmp_path / "model"))


@pytest.fixture
def unchecked(folder) -> Path:
    """As older programs wrote it: without checksums."""
    (folder / CHECKSUMS).unlink()
    return folder


def use(folder: Path) -> None:
    """Loads a model in all ways, and runs its graphs."""
    load_model(folder)
    spec, engine = load_engine(folder, "onnx")
    documents = [Document("", "李明在北京")]
    examples = spec.examples(documents)
    answers = FlatAnswers(examples, spec.schema)
    try:
        engine.answer(examples, answers.add)
    finally:
        engine.close()
    answers.documents(documents)


def test_whole_folders_can_be_used(folder):
    use(folder)
    assert set(json.loads((folder / CHECKSUMS).read_text())) == set(CHECKED) - set(OF_WORDS)
    (folder / CHECKSUMS).unlink()
    use(folder)


def cut(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def emptied(path: Path, other: Path) -> None:
    path.write_bytes(b"")


def longer(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def flipped(path: Path, other: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def of_another_model(path: Path, other: Path) -> None:
    shutil.copyfile(other, path)


def rows_reversed(path: Path, other: Path) -> None:
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[::-1]))


@pytest.mark.parametrize("damage", [cut, emptied, longer, flipped, of_another_model, rows_reversed])
@pytest.mark.parametrize("name", CHECKED)
def test_a_file_that_is_not_as_it_was_written_is_named(with_words, tmp_path, name, damage):
    folder = Path(shutil.copytree(with_words / "ours", tmp_path / "model"))
    before = (folder / name).read_bytes()
    damage(folder / name, with_words / "other" / name)
    if (folder / name).read_bytes() == before:
        pytest.skip("both models have the same file")
    with pytest.raises(ModelError, match=f"model/{name} is not as it was written"):
        use(folder)


def test_graphs_in_each_others_place_are_named(folder):
    lower, upper = (folder / name for name in GRAPH_FILES)
    lower.rename(folder / "x")
    upper.rename(lower)
    (folder / "x").rename(upper)
    with pytest.raises(ModelError, match=r"lower\.onnx is not as it was written"):
        use(folder)
    (folder / CHECKSUMS).unlink()
    with pytest.raises(ModelError, match=r"model/onnx/lower\.onnx has no input '.*': it is another graph"):
        use(folder)


def test_a_file_that_was_put_there_is_refused(made, folder):
    shutil.rmtree(folder / "onnx")
    known = json.loads((folder / CHECKSUMS).read_text())
    (folder / CHECKSUMS).write_text(json.dumps({name: known[name] for name in known if name not in GRAPH_FILES}))
    shutil.copytree(made / "other" / "onnx", folder / "onnx")
    with pytest.raises(ModelError, match=r"lower\.onnx is not one of the files that this model was written with"):
        use(folder)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("kind", [fifo, endless_device, directory])
@pytest.mark.parametrize("name", [*CHECKED, CHECKSUMS])
def test_what_is_no_regular_file_is_not_read(with_words, tmp_path, name, kind):
    folder = Path(shutil.copytree(with_words / "ours", tmp_path / "model"))
    (folder / name).unlink()
    kind(folder / name)
    with pytest.raises(ModelError, match=f"model/{name} is no regular file"):
        use(folder)


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{", "[" * 100_000, '{"config.json": 7}', '{"config.json": [7]}']
)
def test_damaged_checksums_are_named(folder, content):
    (folder / CHECKSUMS).write_text(content)
    with pytest.raises(ModelError, match=r"checksums\.json"):
        load_spec(folder)


def test_a_huge_text_file_is_not_read(unchecked):
    with open(unchecked / "vocab.txt", "ab") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(ModelError, match=r"vocab\.txt has 1,099,511,627,776 bytes, more than"):
        load_spec(unchecked)


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
        use(unchecked)
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
        use(unchecked)


@pytest.mark.parametrize(
    "content",
    ['{"PER": null}', '{"PER": {"query": 7}}', '{"PER": {"query": ""}}', '{"PER": {"query": {"a": []}}}',
     '{"": {"query": "x"}}', '{"\\ud83d": {"query": "x"}}', '{"PER": {"query": "\\ud83d"}}'],
)  # fmt: skip
def test_queries_that_are_none(unchecked, content):
    (unchecked / "queries.json").write_text(content)
    with pytest.raises(ModelError, match=str(unchecked)):
        use(unchecked)


@pytest.mark.parametrize(
    "content", ["[]", "null", "{", "[" * 100_000, '{"config": [1]}', '{"scores": 7}', '{"data": "x"}']
)
def test_a_record_of_another_kind_is_refused(unchecked, content):
    (unchecked / RECORD).write_text(content)
    with pytest.raises(ModelError, match=str(unchecked)):
        use(unchecked)


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
        use(tmp_path)


def test_graphs_of_a_model_with_other_sizes_name_the_folder(made, unchecked):
    """Each file is whole, and the two do not fit together."""
    shutil.copyfile(made / "other" / GRAPH_FILES[0], unchecked / GRAPH_FILES[0])
    with pytest.raises(ModelError, match=f"the graphs in {unchecked} cannot be run"):
        use(unchecked)


def test_a_kill_while_thresholds_are_saved_leaves_a_model(folder, monkeypatch):
    """At every write: the process ends there and then."""

    class Killed(BaseException):
        pass

    real, left = checksums.atomic_write, [0]

    def dying(path: Path) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return real(path)

    monkeypatch.setattr(checksums, "atomic_write", dying)
    for writes in range(2):
        left[0] = writes
        with pytest.raises(Killed):
            save_thresholds(folder, Thresholds(0.1 + 0.1 * writes, 0.2))
        assert load_spec(folder).thresholds in (Thresholds(0.3, 0.4), Thresholds(0.2, 0.2))
        use(folder)
    left[0] = 2
    save_thresholds(folder, Thresholds(0.9, 0.9))
    assert load_spec(folder).thresholds == Thresholds(0.9, 0.9)
    use(folder)
    assert all(isinstance(value, str) for value in json.loads((folder / CHECKSUMS).read_text()).values())


def test_an_older_folder_gets_checksums_when_it_is_changed(unchecked):
    save_thresholds(unchecked, Thresholds(0.1, 0.2))
    assert set(json.loads((unchecked / CHECKSUMS).read_text())) == set(CHECKED) - set(OF_WORDS)
    use(unchecked)
