"""What `predict` reads: files, folders and standard input, a record at a time."""

import gzip
import io
import json

import pytest

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.prediction import inputs
from bert_mrc_theseus.prediction.inputs import find_inputs, read_inputs


def read(*paths, **options):
    errors = []
    found = list(read_inputs(find_inputs([str(path) for path in paths]), errors.append, **options))
    return found, [str(error) for error in errors]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.txt").write_bytes("北京\r\n\r\n上海".encode())
    with gzip.open(tmp_path / "sub" / "a.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write(
            '{"id": "x", "text": "王明", "entities": [{"start": 0, "end": 1, "type": "OLD"}]}\n{"text": "李"}\n'
        )
    (tmp_path / "notes.md").write_text("not read", encoding="utf-8")
    return tmp_path


def test_folders_files_and_ids(folder):
    documents, errors = read(folder)
    assert errors == []
    assert [d.text for d in documents] == ["北京", "", "上海", "王明", "李"]
    a, b = folder / "sub" / "a.jsonl.gz", folder / "b.txt"
    assert [d.id for d in documents] == [f"{b}:1", f"{b}:2", f"{b}:3", "x", f"{a}:2"]
    assert not any(d.entities for d in documents)


def test_whole_files_keep_their_line_ends(folder):
    documents, _ = read(folder / "b.txt", whole_files=True)
    assert [d.text for d in documents] == ["北京\r\n\r\n上海"]


def test_one_bad_record_does_not_end_the_job(tmp_path):
    lines = ['{"text": "一"}', "{broken", '{"no": "text"}', '{"text": "二"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "b.txt").write_bytes("三\n".encode() + "四\n".encode("gbk") + "五\n".encode())
    (tmp_path / "c.txt.gz").write_bytes(b"no gzip")
    (tmp_path / "d.txt").write_text("六", encoding="utf-8")
    documents, errors = read(tmp_path)
    assert [d.text for d in documents] == ["一", "二", "三", "五", "六"]
    assert len(errors) == 4
    for error, place in zip(
        errors, ("a.jsonl:2: not JSON", "a.jsonl:3: ", "b.txt:2: not UTF-8", "c.txt.gz"), strict=True
    ):
        assert place in error


def test_a_whole_file_that_is_not_utf8_is_skipped(tmp_path):
    (tmp_path / "a.txt").write_bytes("好\n坏".encode("gbk"))
    documents, errors = read(tmp_path / "a.txt", whole_files=True)
    assert documents == [] and "not UTF-8: byte 0xba at byte 0" in errors[0]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(inputs.sys, "stdin", io.TextIOWrapper(io.BytesIO("北京\n上海\n".encode())))
    documents, _ = read("-")
    assert [(d.id, d.text) for d in documents] == [("stdin:1", "北京"), ("stdin:2", "上海")]


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        find_inputs([str(tmp_path / "none.txt")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no \.txt or \.jsonl file"):
        find_inputs([str(tmp_path / "empty")])


def test_records_are_read_one_at_a_time(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": str(i)}) + "\n" for i in range(10)) + "{broken", encoding="utf-8")
    errors = []
    stream = read_inputs([str(path)], errors.append)
    assert [next(stream).text for _ in range(10)] == [str(i) for i in range(10)] and errors == []
