"""Hugging Face datasets, saved by the real library."""

import sys

import pytest
from bert_mrc_theseus.preprocess.readers.hf_datasets import read_hf
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.text.interchange import read_documents

datasets = pytest.importorskip("datasets", reason="the extra datasets is not installed")

NAMES = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
ROWS = {"tokens": [list("李明在北京"), list("你好")], "ner_tags": [[1, 2, 0, 3, 4], [0, 0]]}


def dataset(rows=ROWS, tags="ner_tags", **more):
    label = datasets.ClassLabel(names=NAMES)
    features = {"tokens": datasets.Sequence(datasets.Value("string")), tags: datasets.Sequence(label), **more}
    return datasets.Dataset.from_dict(rows, datasets.Features(features))


def saved(data, path):
    data.to_parquet(path) if path.suffix == ".parquet" else data.save_to_disk(path)
    return path


def read(path, strict=True):
    report = ReadReport(strict)
    return [(d.id, d.text, [(d.text_of(e), e.type) for e in d.entities]) for d in read_hf(path, report)], report


EXPECTED = [("1", "李明在北京", [("李明", "PER"), ("北京", "LOC")]), ("2", "你好", [])]


@pytest.mark.parametrize("name", ["folder", "file.parquet"])
def test_names_of_tags_come_from_the_features(tmp_path, name):
    found, report = read(saved(dataset(), tmp_path / name))
    assert found == EXPECTED and report.notes == {"tag scheme": "BIO"}


def test_ids_and_columns_of_other_names(tmp_path):
    rows = {"id": ["a", "b"], "tokens": ROWS["tokens"], "labels": ROWS["ner_tags"]}
    data = dataset(rows, "labels", id=datasets.Value("string")).rename_column("tokens", "words")
    found, _ = read(saved(data, tmp_path / "a.parquet"))
    assert found == [("a", *EXPECTED[0][1:]), ("b", *EXPECTED[1][1:])]


def test_selected_rows_and_tags_that_are_strings(tmp_path):
    rows = {"tokens": ROWS["tokens"], "ner_tags": [[NAMES[i] for i in tags] for tags in ROWS["ner_tags"]]}
    data = datasets.Dataset.from_dict(rows).select([1, 0])
    assert [text for _, text, _ in read(saved(data, tmp_path / "a"))[0]] == ["你好", "李明在北京"]
    assert read(saved(data, tmp_path / "a.parquet"))[0][1][1:] == EXPECTED[0][1:]


def test_bad_rows_are_named_or_counted(tmp_path):
    rows = {"tokens": [["李"], ["好", "的"], None, ["明"]], "ner_tags": [[1], [0], [0], [-100]]}
    path = saved(dataset(rows), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet:2: 2 tokens but 1 tags"):
        read(path)
    found, report = read(path, strict=False)
    assert [text for _, text, _ in found] == ["李"]
    assert [error.rpartition("parquet:")[2] for error in report.errors] == [
        "2: 2 tokens but 1 tags",
        "3: tokens or tags are missing",
        "4: a tag is -100, and there are 5 names, from 0 on",
    ]


def test_what_is_no_such_dataset(tmp_path):
    datasets.DatasetDict({"train": dataset(), "dev": dataset()}).save_to_disk(tmp_path / "all")
    with pytest.raises(DataError, match="several splits: dev, train"):
        read(tmp_path / "all")
    assert read(tmp_path / "all" / "train")[0] == EXPECTED
    numbers = datasets.Dataset.from_dict(ROWS)
    with pytest.raises(DataError, match="0 columns with lists of ClassLabel"):
        read(saved(numbers, tmp_path / "numbers.parquet"))
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1")
    (tmp_path / "empty").mkdir()
    for name in ("damaged.parquet", "empty", "absent"):
        with pytest.raises(DataError, match="cannot be read as a dataset"):
            read(tmp_path / name)


def test_preprocess_reads_them(command, tmp_path):
    saved(dataset(), tmp_path / "train")
    status, _, err = command("preprocess", "--train", tmp_path / "train", "--format", "hf", "--out", tmp_path / "data")
    assert status == 0, err
    assert [d.text for d in read_documents(tmp_path / "data" / "train.jsonl")] == ["李明在北京", "你好"]


def test_a_library_that_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match=r"\[datasets\]"):
        read(tmp_path)
