"""`preprocess`."""

import json
import subprocess
import sys

from bert_mrc_theseus.text.interchange import read_documents


def test_preprocess_prints_its_counts(command, tmp_path):
    status, out, _ = command("preprocess", "sample", "--out", tmp_path / "out")
    assert status == 0
    assert "376" in out and "illegal tags repaired" in out and "clipped by windows" in out and "also in train" in out
    status, out, _ = command("preprocess", "--list")
    assert status == 0 and "peoples_daily" in out and "hltcoe/golden-horse" in out and "label-studio" in out


def test_preprocess_of_own_files(command, tmp_path):
    (tmp_path / "bad.bio").write_text("王 B-PER\n明 I-PER\n\n李 Q-PER\n", encoding="utf-8")
    arguments = ("preprocess", "--train", tmp_path / "bad.bio", "--format", "columns", "--out", tmp_path / "out")
    status, _, err = command(*arguments)
    assert status == 1 and "bad.bio:4: unknown tag 'Q-PER'" in err and "Traceback" not in err
    status, out, _ = command(*arguments, "--skip-bad")
    assert status == 3 and "skipped: " in out and "No query file" in out and "tag scheme" in out and "BIO" in out


def test_preprocess_is_told_what_files_do_not_say(command, tmp_path):
    out = tmp_path / "out"
    (tmp_path / "gbk.bio").write_text("王 B-PER x\n明 I-PER x\n", encoding="gb18030")
    arguments = ("preprocess", "--train", tmp_path / "gbk.bio", "--out", out)
    status, _, err = command(*arguments)
    assert status == 1 and "gbk.bio:1: not UTF-8" in err and "--encoding" in err
    assert command(*arguments, "--encoding", "gb18030", "--tag-column", "2")[0] == 0
    assert [document.text for document in read_documents(out / "train.jsonl")] == ["王明"]
    status, _, err = command(*arguments, "--encoding", "gbk", "--text-field", "content")
    assert status == 2 and "--text-field is for" in err
    status, _, err = command("preprocess", "sample", "--encoding", "gb18030", "--out", tmp_path / "x")
    assert status == 2 and "for your own files" in err
    task = {
        "data": {"content": "北京"},
        "annotations": [{"result": [{"value": {"start": 0, "end": 2, "labels": ["LOC"]}}]}],
    }
    (tmp_path / "tasks.json").write_text(json.dumps([task]))
    arguments = ("preprocess", "--train", tmp_path / "tasks.json", "--format", "label-studio", "--out", tmp_path / "ls")
    status, _, err = command(*arguments)
    assert status == 1 and "tasks.json:1: task 1: " in err and "--text-field" in err
    assert command(*arguments, "--text-field", "content")[0] == 0


def test_what_a_record_has_besides_stays_beside_its_text(command, tmp_path):
    lines = ['{"id": 7, "text": "王明", "meta": {"a": [1, null]}, "entities": []}', '{"text": "坏\\ud800"}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    arguments = ("preprocess", "--train", tmp_path / "in.jsonl", "--format", "jsonl", "--out", tmp_path / "out")
    status, _, err = command(*arguments)
    assert status == 1 and "in.jsonl:2: " in err and "lone surrogate" in err
    assert command(*arguments, "--skip-bad")[0] == 3
    written = (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8")
    assert written == '{"id": "train-7", "text": "王明", "entities": [], "meta": {"a": [1, null]}}\n'


def test_preprocess_silver(command, tmp_path):
    (tmp_path / "raw.txt").write_text("他从北京去上海。\n云帆智造在上海。\n", encoding="utf-8")
    (tmp_path / "terms.tsv").write_text("云帆智造\tORG\n", encoding="utf-8")
    arguments = ["--train", tmp_path / "raw.txt", "--dictionary", tmp_path / "terms.tsv", "--out", tmp_path / "data"]
    status, out, _ = command("preprocess", "silver", *arguments)
    assert status == 0 and "ORG" in out and (tmp_path / "data" / "queries.toml").is_file()
    lines = [json.loads(line) for line in (tmp_path / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(line["silver"] for line in lines) and lines[1]["entities"][0]["source"] == "dictionary"
    status, _, err = command("preprocess", "sample", "--dictionary", tmp_path / "terms.tsv", "--out", tmp_path / "x")
    assert status == 2 and "preprocess silver" in err


def test_preprocess_runs_without_tensorflow(tmp_path):
    block = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None"
    code = f"{block}; import bert_mrc_theseus.cli.app as cli; sys.argv[0] = 'x'; cli.main()"
    command = [sys.executable, "-c", code, "preprocess", "sample", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list(read_documents(tmp_path / "out" / "train.jsonl"))) == 376


def test_options_that_nothing_reads_are_refused(command, tmp_path):
    (tmp_path / "a.txt").write_text("王 B-PER\n", encoding="utf-8")
    for arguments, said in (
        (("sample", "--format", "brat"), "--format is for your own files"),
        (("silver", "--train", tmp_path / "a.txt", "--format", "brat"), "--format"),
        (("--train", tmp_path / "a.txt", "--from", tmp_path), "--from is the folder of known corpora"),
    ):
        status, _, err = command("preprocess", *arguments, "--out", tmp_path / "out")
        assert status == 2 and said in err and not (tmp_path / "out").exists()
