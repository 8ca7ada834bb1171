"""Files in, files out."""

import io
import json
import zipfile

import pytest

from bert_mrc_theseus.output.formats import WRITERS, FileFormat
from bert_mrc_theseus.output.write import write_outputs
from bert_mrc_theseus.prediction.inputs import read_inputs

LINES = "程晓光从广州飞往大连。\n\n國立音樂大學的沈維鈞\n"


def upload(client, content, name="a.txt", **fields):
    content = content if isinstance(content, bytes) else content.encode()
    return client.post("/v1/files", files={"file": (name, content)}, data=fields)


@pytest.mark.parametrize("form", sorted(name for name, writer in WRITERS.items() if isinstance(writer, FileFormat)))
def test_the_answer_is_what_predict_writes(client, extractor, tmp_path, form):
    file = tmp_path / "upload.txt"
    file.write_text(LINES, encoding="utf-8")
    documents = [
        type(d)(d.id.removeprefix(f"{tmp_path}/"), d.text)
        for d in read_inputs([str(file)], lambda error: pytest.fail(str(error)))
    ]
    write_outputs(extractor.documents(documents), form, tmp_path / "out", extractor.schema)
    answer = upload(client, LINES, format=form)
    assert answer.content == (tmp_path / "out").read_bytes() and answer.content
    assert answer.headers["content-disposition"].startswith("attachment") and answer.headers["skipped-records"] == "0"


def test_a_folder_format_is_a_zip_archive(client):
    records = [{"id": "../../etc/x", "text": "程晓光在广州"}, {"id": "a", "text": "青岛"}]
    content = "\n".join(map(json.dumps, records))
    archive = zipfile.ZipFile(io.BytesIO(upload(client, content, "a.jsonl", format="brat").content))
    names = archive.namelist()
    assert len(names) == 5 and not any("/" in name for name in names)
    assert archive.read("a.txt").decode() == "青岛" and archive.read("a.ann").decode() == "T1\tLOC 0 2\t青岛\n"
    assert json.loads(archive.read("document-ids.json")) == {names[0].removesuffix(".txt"): "../../etc/x"}


def test_records_that_cannot_be_read_are_counted(client):
    answer = upload(client, '{"text": "广州"}\n{"x": 1}\n{\n', "a.jsonl", settings='{"types": ["LOC"]}')
    assert answer.headers["skipped-records"] == "2"
    assert [item["type"] for item in json.loads(answer.text)["entities"]] == ["LOC"]


@pytest.mark.parametrize(
    ("name", "content", "fields", "field"),
    [
        ("a.exe", "x", {}, "file"),
        ("", "x", {}, "file"),
        ("../../etc/passwd", "x", {}, "file"),
        ("a.txt", b"%PDF-1.4", {}, "file"),
        ("a.jsonl", "{", {}, "file"),
        ("a.txt", '{"text": "a"}', {}, "file"),
        ("a.txt", "x", {"settings": "{"}, "settings"),
        ("a.txt", "x", {"settings": '{"types": ["X"]}'}, "types"),
        ("a.txt", "x", {"settings": '{"offsets": "utf-16"}'}, "settings.offsets"),
        ("a.txt", "x", {"format": "docx"}, "format"),
    ],
)
def test_what_cannot_be_read_is_named(client, name, content, fields, field):
    answer = upload(client, content, name, **fields)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field


def test_the_fields_of_a_record_and_whole_files(client):
    answer = upload(client, '{"content": "广州"}', "a.jsonl", text_field="content", format="text")
    assert answer.text == "[广州|LOC]\n"
    whole = json.loads(upload(client, LINES, "a.txt", whole_files="true").text)
    assert whole["text"] == LINES and whole["id"] == "upload.txt"


def test_a_table_is_read(client):
    pytest.importorskip("pyarrow")
    answer = upload(client, "n,content\n5,程晓光在广州\n", "a.csv", text_field="content")
    (record,) = map(json.loads, answer.text.splitlines())
    assert [e["text"] for e in record["entities"]] == ["程晓光", "广州"] and record["n"] == "5"
    assert upload(client, "n,content\n5,x\n", "a.csv").status_code == 422
