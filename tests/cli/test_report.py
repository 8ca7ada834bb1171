"""`report`, of models and of what other programs predicted."""

import json

import pytest

from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import write_documents

TEXT = "程晓光从广州飞往大连。"
GOLD = Document("1", TEXT, (Entity(0, 3, "PER"), Entity(4, 6, "LOC"), Entity(8, 10, "LOC")))


@pytest.fixture
def data(tmp_path):
    write_documents(tmp_path / "gold.jsonl", [GOLD])
    return tmp_path / "gold.jsonl"


def test_the_bundled_model_beside_another_tools_predictions(command, data, tmp_path):
    other, page = tmp_path / "other.jsonl", tmp_path / "page.html"
    other.write_text(json.dumps({"text": TEXT, "entities": [{"start": 0, "end": 3, "type": "PER"}]}), encoding="utf-8")
    status, out, err = command("report", bundled_model(), other, data, "-o", page)
    assert status == 0 and err == "" and out == f"ner-zh-small, other.jsonl on gold.jsonl -> {page}\n"
    html = page.read_text(encoding="utf-8")
    assert "ner-zh-small → other" in html and "100.0%" in html and "50.0%" in html
    status, out, _ = command("report", data, "-o", page)
    assert status == 0 and out.startswith("ner-zh-small on gold.jsonl")


def test_predictions_of_another_format(command, data, tmp_path):
    tagged = tmp_path / "tagged.txt"
    tags = ["B-PER", "I-PER", "I-PER", *["O"] * 8]
    tagged.write_text("\n".join(f"{c}\t{t}" for c, t in zip(TEXT, tags, strict=True)) + "\n", encoding="utf-8")
    status, _, err = command("report", tagged, data, "--format", "columns", "-o", tmp_path / "page.html")
    assert status == 0, err
    assert '<td class="name">tagged</td><td>0.5000</td>' in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_some_types_alone(command, tmp_path):
    data, page = tmp_path / "gold.jsonl", tmp_path / "page.html"
    write_documents(data, [Document("1", TEXT, (*GOLD.entities, Entity(6, 8, "ACT")))])
    status, _, err = command("report", bundled_model(), data, "-o", page)
    assert status == 1 and "does not know: ACT (count those alone that it knows: --types LOC,PER)" in err
    assert command("report", bundled_model(), data, "-o", page, "--types", "LOC")[0] == 0
    html = page.read_text(encoding="utf-8")
    assert '<td class="name">LOC</td><td>2</td>' in html and '<td class="name">PER</td>' not in html


def test_what_cannot_be_compared_is_said_before_anything_is_written(command, data, tmp_path):
    page = tmp_path / "page.html"
    (tmp_path / "empty").mkdir()
    write_documents(tmp_path / "others.jsonl", [Document("1", "别的")])
    for arguments, status, message in (
        (
            (tmp_path / "empty", data, "-o", page),
            1,
            "neither a run folder with the model of a stage nor a model folder",
        ),
        ((tmp_path / "others.jsonl", data, "-o", page), 1, "others.jsonl: 1 of 1 gold documents are not among"),
        ((tmp_path / "others.jsonl", data), 2, "name the page: -o FILE"),
        ((data, data, "-o", data), 2, "gold.jsonl"),
        ((data, data, "-o", page, "--format", "x"), 2, "unknown format 'x'"),
        ((data, data, "-o", page, "--types", "ORG"), 2, "--types takes LOC, PER"),
    ):
        found, _, err = command("report", *arguments)
        assert found == status and message in err and err.count("\n") == 1
    assert not page.exists()
