"""Models that come along and models of the hub, named on the command line; the latter lie in a local cache."""

import json

import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.model_files.hub import local_model
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.service.settings import named_models
from tests.helpers.hub import hub_cache

TEXT = "程晓光从广州飞往大连。"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    return hub_cache(tmp_path / "hub", monkeypatch)


def test_predict_takes_a_model_of_the_hub(command, cache):
    status, out, _ = command("predict", "--text", TEXT, "-m", "hf:owner/name@main")
    with Extractor.load() as bundled:
        assert status == 0 and len(json.loads(out)["entities"]) == len(bundled(TEXT))


def test_evaluate_takes_one_and_writes_nothing_into_it(command, cache, tmp_path):
    data = tmp_path / "test.jsonl"
    data.write_text(json.dumps({"text": TEXT, "entities": [{"start": 0, "end": 3, "type": "PER"}]}) + "\n")
    status, out, _ = command("evaluate", "hf:owner/name", data)
    assert status == 0 and "micro" in out
    status, _, err = command("evaluate", "hf:owner/name", tmp_path, "--tune", "--save-thresholds")
    assert status == 2 and "hf:owner/name is on the hub" in err
    status, _, err = command("export", "hf:owner/name")
    assert status == 2 and "hf:owner/name is on the hub: name a folder to write, --out FOLDER" in err


def test_serve_takes_one_under_its_name(cache):
    assert named_models(["hf:owner/name", "old=hf:owner/name@v1"]) == {
        "name": local_model("hf:owner/name"),
        "old": local_model("hf:owner/name@v1"),
    }


@pytest.mark.parametrize("arguments", [["predict", "--text", TEXT, "-m"], ["evaluate"], ["export"], ["average"]])
def test_what_is_on_no_hub_and_no_disk_is_one_line(command, cache, tmp_path, arguments):
    more = {"evaluate": [tmp_path], "export": ["--to", "hf", "--out", tmp_path / "new"]}.get(arguments[0], [])
    (tmp_path / "test.jsonl").write_text(json.dumps({"text": TEXT}) + "\n")
    more = [*more, "hf:owner/name", "--out", tmp_path / "mean"] if arguments[0] == "average" else more
    status, _, err = command(*arguments, "hf:owner/other", *more)
    assert status == 1 and "neither on the hub nor in the cache" in err and err.count("\n") == 1
    status, _, err = command(*arguments, "owner/name", *more)
    assert status == 2 and "Directory 'owner/name' does not exist" in err


def test_a_model_that_comes_along_has_a_name(command, tmp_path, monkeypatch):
    tiny = bundled_model("ner-zh-tiny")
    monkeypatch.chdir(tmp_path)
    for arguments in (["predict", "--text", TEXT], ["predict", "--text", TEXT, "--engine", "onnx"]):
        assert command(*arguments, "-m", "ner-zh-tiny")[:2] == command(*arguments, "-m", tiny)[:2]
    assert named_models(["ner-zh-tiny", "t=ner-zh-tiny"]) == {"ner-zh-tiny": tiny, "t": tiny}
    # A folder of one's own of that name goes first.
    (tmp_path / "ner-zh-tiny").mkdir()
    status, _, err = command("predict", "--text", TEXT, "-m", "ner-zh-tiny")
    assert status == 1 and "ner-zh-tiny" in err
