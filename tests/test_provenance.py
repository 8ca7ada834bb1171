import json
import os
import sys

import pytest

import bert_mrc_theseus
from bert_mrc_theseus.provenance import command_line, library_versions, package_version, versions, write_json


def test_the_installed_version_is_that_of_the_face():
    assert package_version() == bert_mrc_theseus.__version__


def test_libraries_that_are_not_installed_are_left_out():
    found = library_versions(["rich", "no-such-library", "numpy"])
    assert list(found) == ["rich", "numpy"] and all(found.values())
    assert {"bert-mrc-theseus", "python", "numpy"} <= set(versions())


@pytest.mark.parametrize(("backend", "named"), [("tensorflow", {"tensorflow"}), ("jax", {"jax", "jaxlib"})])
def test_the_libraries_of_keras_backend_are_named(monkeypatch, backend, named):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert {"tensorflow", "jax", "jaxlib"} & set(versions()) == named


@pytest.mark.parametrize("program", ["/opt/bin/bert-mrc-theseus", "/opt/lib/bert_mrc_theseus/__main__.py"])
def test_the_program_is_named_without_its_folder(monkeypatch, program):
    monkeypatch.setattr(sys, "argv", [program, "train", "数据"])
    assert command_line() == "bert-mrc-theseus train 数据"


def test_json_is_written_whole_or_not_at_all(tmp_path):
    write_json(tmp_path / "a.json", {"类型": [1]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"类型": [1]} and "类型" in text and text.endswith("}\n")
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"x": object()})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == text


def test_a_name_that_is_not_utf8_can_stand_in_json(tmp_path):
    name = os.fsdecode(b"\xb1\xb1.jsonl")
    write_json(tmp_path / "a.json", {"command": f"evaluate {name}", name: 1})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"command": f"evaluate {name}", name: 1}
