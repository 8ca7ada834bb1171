"""From corpus files to a data folder, with everything counted."""

import json

import pytest
from bert_mrc_theseus.preprocess.convert import convert, hold_out, read_files, read_known
from bert_mrc_theseus.preprocess.corpus_files import query_file

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.interchange import read_documents
from tests.helpers.documents import columns

WINDOW = WindowSize(8, 2)


@pytest.fixture
def files(tmp_path):
    return {
        "train": columns(tmp_path / "a", "<李明>来了", "<王云>来了", "<王云>来了", "名字很长<赵钱孙李周吴郑王冯陈>"),
        "test": columns(tmp_path / "b", "<李明>来了", "没有人"),
    }


def test_everything_is_counted(files, tmp_path):
    done = convert(read_files(files, "columns", False), tmp_path / "out", query_file("sample"), WINDOW)
    train, test = done.statistics["train"], done.statistics["test"]
    assert (train.documents, train.duplicates, train.entities, train.clipped) == (4, 1, {"PER": 4}, 1)
    assert (train.longest, train.leaked, test.leaked, test.empty) == (14, {"test": 1}, {"train": 1}, 1)
    manifest = json.loads((tmp_path / "out" / "corpus.json").read_text(encoding="utf-8"))
    assert manifest["sources"]["train"] == {"a": sha256_of(files["train"])}
    assert manifest["outputs"]["test"] == sha256_of(tmp_path / "out" / "test.jsonl")
    assert manifest["statistics"]["train"]["clipped"] == 1
    texts = [document.text for document in read_documents(tmp_path / "out" / "train.jsonl")]
    assert texts[0] == "李明来了" and len(texts) == 4


def test_leaks_are_dropped_from_train_on_request(files, tmp_path):
    done = convert(read_files(files, "columns", False), tmp_path / "out", None, WINDOW, drop_leaks=True)
    assert done.dropped_leaks == 1 and done.statistics["train"].leaked == {"test": 0}
    assert done.statistics["test"].documents == 2
    assert not (tmp_path / "out" / "queries.toml").exists()


def test_a_share_of_train_becomes_dev(files, tmp_path):
    done = convert(read_files(files, "columns", False), tmp_path / "out", None, WINDOW, dev_fraction=0.25)
    assert done.statistics["train"].documents == 3 and done.statistics["dev"].documents == 1
    _, splits, _ = read_files(files, "columns", False)
    assert hold_out(splits, 0.25, 1) == hold_out(splits, 0.25, 1)
    with pytest.raises(DataError, match="cannot take 0%"):
        hold_out(splits, 0.001, 1)


def test_a_corpus_can_say_which_types_were_annotated(files, tmp_path):
    convert(read_files(files, "columns", False), tmp_path / "out", query_file("sample"), WINDOW, partly=True)
    for split in files:
        found = list(read_documents(tmp_path / "out" / f"{split}.jsonl"))
        assert found and all(document.annotated == ("PER",) for document in found)


def test_types_without_a_query_are_named(files, tmp_path):
    done = convert(read_files(files, "columns", False), tmp_path / "out", query_file("cmeee"), WINDOW)
    assert done.missing_types == ("PER",)


def test_nothing_to_convert(tmp_path):
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(DataError, match=r"no documents found .*--format"):
        convert(read_files({"train": tmp_path / "empty"}, "columns", False), tmp_path / "out", None, WINDOW)
    assert not (tmp_path / "out").exists()


def test_why_there_is_nothing_to_convert(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "好"}\n{"text": "好", "label": [[0, 1, 7]]}\n', encoding="utf-8")
    with pytest.raises(
        DataError, match=r"1 texts are not annotated; the first of 1 errors: .*a\.jsonl:2: expected doccano"
    ):
        convert(read_files({"train": path}, "doccano", True), tmp_path / "out", None, WINDOW)


def test_the_sample_corpus_needs_no_folder(tmp_path):
    done = convert(read_known("sample", None), tmp_path / "out", query_file("sample"), WINDOW)
    assert done.missing_types == () and set(done.statistics) == {"train", "dev", "test"}
    assert all(report.counts() == {} for report in done.reports.values())


def test_types_that_nobody_looked_for_stay_that(tmp_path):
    lines = '{"text": "李明", "annotated": []}\n{"text": "李明", "entities": [{"start": 0, "end": 2, "type": "PER"}]}\n'
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    source = read_files({"train": tmp_path / "a.jsonl"}, "jsonl", False)
    convert(source, tmp_path / "out", None, WINDOW, partly=True)
    assert [d.annotated for d in read_documents(tmp_path / "out" / "train.jsonl")] == [(), ("PER",)]


@pytest.mark.parametrize("name", ["pfr", "segments", "cmeee-text", "span-tsv"])
def test_a_line_that_is_not_utf8_costs_only_itself(tmp_path, name):
    good = {"pfr": "李/nr", "segments": "李/PER", "cmeee-text": "李|||0 0 PER|||", "span-tsv": "李\t[('PER', 0, 0)]"}[
        name
    ]
    (tmp_path / "a").write_bytes(f"{good}\n".encode() + b"\xb1\xb1\n" + f"{good}\n".encode())
    _, documents, reports = read_files({"train": tmp_path / "a"}, name, True)
    assert [d.text for d in documents["train"]] == ["李", "李"] and "a:2: not UTF-8" in reports["train"].errors[0]
    with pytest.raises(DataError, match="a:2: not UTF-8"):
        read_files({"train": tmp_path / "a"}, name, False)


def test_the_checksum_of_what_cannot_be_read_is_left_out(tmp_path, monkeypatch):
    brat = tmp_path / "brat"
    brat.mkdir()
    for name in ("a.txt", "a.ann", "b.ann"):
        (brat / name).touch()
    source = read_files({"train": brat}, "brat", True)
    real = convert.__globals__["sha256_of"]

    def refused(path):
        if path.name == "b.ann":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setitem(convert.__globals__, "sha256_of", refused)
    convert(source, tmp_path / "out", None, WINDOW)
    manifest = json.loads((tmp_path / "out" / "corpus.json").read_text(encoding="utf-8"))
    assert manifest["sources"]["train"]["b.ann"] is None and manifest["sources"]["train"]["a.ann"]
