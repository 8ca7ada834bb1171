"""Models of the hub, from a local cache: no network."""

import sys

import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.hub import local_model
from bert_mrc_theseus.package_data import bundled_model

COMMITS = {"main": "0" * 39 + "1", "v1": "0" * 39 + "2"}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of huggingface-hub, as it lays it out, with the bundled model in two revisions, of which v1 lacks a graph."""
    constants = pytest.importorskip("huggingface_hub.constants", reason="the extra hub is not installed")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    repository = tmp_path / "models--owner--name"
    for revision, commit in COMMITS.items():
        for file in bundled_model().rglob("*.*"):
            name = file.relative_to(bundled_model())
            if file.is_file() and not (revision == "v1" and name.name == "upper.onnx"):
                (repository / "snapshots" / commit / name).parent.mkdir(parents=True, exist_ok=True)
                (repository / "snapshots" / commit / name).symlink_to(file)
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / revision).write_text(commit)
    return repository / "snapshots"


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
    assert local_model(tmp_path) == tmp_path


def test_a_library_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"\[hub\]"):
        Extractor.load("hf:owner/name")
