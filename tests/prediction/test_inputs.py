"""What `predict` reads: files, folders and standard input, a record at a time."""

import errno
import gzip
import io
import json
import os
import threading

import pytest

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.prediction import inputs
from bert_mrc_theseus.prediction.input_files import find_inputs
from bert_mrc_theseus.prediction.inputs import InputOptions, read_inputs
from bert_mrc_theseus.text.documents import Document


def read(*paths, **options):
    errors = []
    found = list(read_inputs(find_inputs([str(path) for path in paths]), errors.append, InputOptions(**options)))
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


def test_standard_input_that_is_closed(monkeypatch):
    monkeypatch.setattr(inputs.sys, "stdin", None)
    assert read("-") == ([], ["stdin: standard input is closed"])


def test_a_text_that_was_given_as_a_path(tmp_path):
    for path in ("程晓光从广州飞往大连。" * 30, "a\0b"):
        with pytest.raises(
            UsageError, match=r"no such file or folder \(to predict a text: predict --text TEXT\)"
        ) as caught:
            find_inputs([path])
        assert len(str(caught.value)) < 200


def test_a_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("北京\n",), kwargs={"encoding": "utf-8"})
    writer.start()
    documents, errors = read(pipe)
    writer.join()
    assert [d.text for d in documents] == ["北京"] and errors == []


def test_a_file_name_that_is_not_utf8(tmp_path):
    try:
        with open(os.fsencode(tmp_path) + b"/\xb1\xb1.txt", "wb") as stream:
            stream.write("北京\n坏\ufffd".encode() + b"\xff")
    except OSError:
        pytest.skip("this file system has no such names")
    documents, errors = read(tmp_path)
    assert [d.id for d in documents] == [f"{tmp_path}/\\udcb1\\udcb1.txt:1"]
    assert len(errors) == 1 and all(text.encode() for text in errors)


RECORDS = '{"id": 7, "text": "一", "n": {"a": [1.5, null]}, "entities": []}\n{"id": null, "text": "二"}\n'
JSON_FILES = {
    "list.json": '[\n {"text": "一", "label": [1]},\n\n "二", 5,\n {"text": "坏\\ud800"}]',
    "lines.json": '{"text": "一", "label": [1]}\n"二"\n5\n{"text": "坏\\ud800"}',
}


@pytest.mark.parametrize("name", ["a.jsonl", "UPPER.JSONL", "a.ndjson", "a.Jsonl.GZ"])
def test_jsonl_by_any_name(tmp_path, name):
    data = RECORDS.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    for path in (tmp_path / name, tmp_path):
        documents, errors = read(path)
        assert [(d.id, d.text, d.rest) for d in documents] == [
            (7, "一", {"n": {"a": [1.5, None]}}),
            (f"{tmp_path / name}:2", "二", {}),
        ] and errors == []


@pytest.mark.parametrize("name", JSON_FILES)
def test_a_json_file_is_a_list_or_a_sequence_of_records_and_texts(tmp_path, name):
    path = tmp_path / name
    path.write_text(JSON_FILES[name], encoding="utf-8")
    documents, errors = read(path)
    assert [(d.id, d.text, d.rest) for d in documents] == [(f"{path}:1", "一", {"label": [1]}), (f"{path}:2", "二", {})]
    number = 3 if name == "lines.json" else 4
    assert f"{path}:{number}: a document needs" in errors[0] and "lone surrogate" in errors[1] and len(errors) == 2


@pytest.mark.parametrize(
    "content", ['{"a": ', '["a", "b"', '["a" "b"]', '["a"] x', "nonsense", "[" * 100_000, "[1e999, 5"]
)
def test_what_is_no_json_file_is_reported_and_not_searched(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    documents, errors = read(tmp_path / "a.json")
    assert [d.text for d in documents] in ([], ["a"], ["a", "b"]) and str(tmp_path / "a.json") in errors[-1]


@pytest.mark.parametrize("start", ['{"text": "好"}', '[{"text": "好"}]', '["好", "坏"]', "[", "{", '\n\n {"a": 1}'])
def test_json_is_never_searched_as_text_unasked(tmp_path, start):
    path = tmp_path / "a.txt"
    path.write_text(start + "\n好\n", encoding="utf-8")
    if not start.startswith("\n"):
        documents, errors = read(path)
        assert (
            documents == [] and "this looks like JSON" in errors[0] and "--input-format text, jsonl, json" in errors[0]
        )
    documents, errors = read(path, whole_files=True)
    assert documents == [] and "this looks like JSON" in errors[0]
    assert read(path, form="text")[0][-1].text == "好"
    (tmp_path / "b.txt").write_text("[群聊] 2025\n", encoding="utf-8")
    assert [d.text for d in read(tmp_path / "b.txt")[0]] == ["[群聊] 2025"]


def test_the_user_says_what_the_inputs_are(tmp_path):
    path = tmp_path / "a"
    path.write_text('{"content": "一", "n": 1}\n', encoding="gb18030")
    documents, errors = read(path, form="jsonl", encoding="gb18030", text_field="content")
    assert [(d.text, d.rest) for d in documents] == [("一", {"n": 1})] and errors == []
    assert "among its fields, which are 'content', 'n'" in read(path, form="jsonl", encoding="gb18030")[1][0]
    path.write_text('{"content": "一", "text": "二"}\n', encoding="utf-8")
    assert "'text' beside 'content'" in read(path, form="json", text_field="content")[1][0]


def test_annotations_of_the_input_are_dropped_with_what_it_says_of_them(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "一", "entities": [{"start": 0, "end": 1, "type": "X"}], "annotated": ["X"]}', encoding="utf-8"
    )
    (document,), _ = read(path)
    assert document == Document(f"{path}:1", "一")


def test_nothing_to_read(tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        find_inputs([str(tmp_path / "none.txt")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no file that is read: \.txt, \.jsonl, \.ndjson, \.parquet"):
        find_inputs([str(tmp_path / "empty")])


def test_records_are_read_one_at_a_time(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": str(i)}) + "\n" for i in range(10)) + "{broken", encoding="utf-8")
    errors = []
    stream = read_inputs([str(path)], errors.append)
    assert [next(stream).text for _ in range(10)] == [str(i) for i in range(10)] and errors == []


@pytest.fixture
def closed(folder, monkeypatch):
    """A folder in `folder` that nobody may read; root may read everything, so the system's answer is made up."""
    scandir = os.scandir

    def refused(path):
        if str(path) == str(folder / "sub"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    return folder / "sub"


def test_a_folder_that_cannot_be_searched_is_reported_and_the_rest_is_read(folder, closed):
    errors = []
    assert find_inputs([str(folder)], errors.append) == [str(folder / "b.txt")]
    assert find_inputs([str(closed)], errors.append) == []
    assert [str(error) for error in errors] == [f"{closed}: cannot search the folder: Permission denied"] * 2
    with pytest.raises(DataError, match="cannot search the folder"):
        find_inputs([str(folder)])


def test_predict_says_which_folder_it_could_not_search(folder, closed, command, monkeypatch):
    monkeypatch.chdir(folder)
    status, out, err = command("predict", folder, "--format", "text")
    assert status == 3 and "北京" in out and f"skipped: {closed}: cannot search the folder: Permission denied" in err


def test_a_link_to_nothing_in_a_folder_is_reported(folder):
    (folder / "c.txt").symlink_to("gone.txt")
    os.mkfifo(folder / "pipe.txt")
    documents, errors = read(folder)
    assert len(documents) == 5 and errors == [f"{folder}/c.txt: cannot open: No such file or directory"]


def test_what_may_not_be_looked_at_is_not_called_absent(monkeypatch):
    def refused(path, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "stat", refused)
    with pytest.raises(UsageError, match=r"a\.txt: Permission denied"):
        find_inputs(["closed/a.txt"])
