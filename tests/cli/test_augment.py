"""`augment`."""

import json

from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import read_documents, write_documents


def test_the_command_writes_a_data_folder(tmp_path, command):
    data, out = tmp_path / "data", tmp_path / "more"
    data.mkdir()
    document = Document("train-1", "王小明在上海。", (Entity(0, 3, "PER"), Entity(4, 6, "LOC")))
    write_documents(data / "train.jsonl", [document])
    write_documents(data / "dev.jsonl", [document])
    (data / "queries.toml").write_text('[PER]\nquery = "人名"\n[LOC]\nquery = "地名"\n', encoding="utf-8")
    (tmp_path / "names.tsv").write_text("欧阳修\tPER\n桂林\tLOC\n", encoding="utf-8")

    names = ("--names", tmp_path / "names.tsv")
    assert command("augment", data, "--out", out, "--copies", 2, "--share", 1, *names)[0] == 0
    assert (out / "dev.jsonl").read_bytes() == (data / "dev.jsonl").read_bytes()
    assert (out / "queries.toml").is_file()
    made = list(read_documents(out / "train.jsonl"))
    assert made[0] == document and 1 <= len(made) <= 3
    assert json.loads((out / "augment.json").read_text(encoding="utf-8"))["names"] == {"PER": 2, "LOC": 2}
    (tmp_path / "names.tsv").write_text("欧阳修\tPERSON\n", encoding="utf-8")
    status, _, err = command("augment", data, "--out", tmp_path / "none", *names)
    assert status == 1 and "has the type PERSON" in err
    status, _, err = command("augment", data, "--out", data)
    assert status == 2 and "exists already" in err
    (data / "train.jsonl").write_text('{"text": "没有"}\n', encoding="utf-8")
    status, _, err = command("augment", data, "--out", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert status == 1 and "no entities to replace" in err and "train.jsonl" in err
