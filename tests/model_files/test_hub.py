"""Models of the hub, from a local cache: no network."""

import sys

import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.hub import local_model, model_name, pinned
from tests.helpers.hub import COMMITS, hub_cache


@pytest.fixture
def cache(tmp_path, monkeypatch):
    return hub_cache(tmp_path, monkeypatch)


def test_a_model_comes_from_the_cache(cache):
    text = "程晓光从广州飞往大连。"
    with Extractor.load("hf:owner/name") as loaded, Extractor.load() as bundled:
        assert loaded(text) == bundled(text)
    assert local_model("hf:owner/name") == local_model("hf:owner/name@main") == cache / COMMITS["main"]


def test_a_revision_can_be_named(cache):
    assert local_model("hf:owner/name@v1") == cache / COMMITS["v1"]
    with pytest.raises(ModelError, match=r"upper\.onnx"):
        Extractor.load("hf:owner/name@v1")


@pytest.mark.parametrize("place", ["hf:owner/other", "hf:owner/name@v2", "hf:", "hf:a/b/c", "hf:../x", "hf:\udcff/x"])
def test_what_is_not_there_is_one_line(cache, place):
    with pytest.raises(ModelError, match="neither on the hub nor in the cache") as raised:
        Extractor.load(place)
    assert "\n" not in str(raised.value)


def test_a_folder_is_a_folder(tmp_path):
    assert local_model(tmp_path) == tmp_path and model_name(tmp_path) == tmp_path.name


def test_what_was_found_has_a_name_and_a_revision(cache):
    folder = local_model("hf:owner/name")
    assert model_name(folder) == "name" and pinned("hf:owner/name", folder) == f"hf:owner/name@{COMMITS['main']}"
    assert pinned("hf:owner/name@v1", local_model("hf:owner/name@v1")) == f"hf:owner/name@{COMMITS['v1']}"


def test_a_library_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"\[hub\]"):
        Extractor.load("hf:owner/name")
