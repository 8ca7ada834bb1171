"""`preprocess`."""

import json
import subprocess
import sys

from bert_mrc_theseus.text.documents import read_documents


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
    assert status == 0 and "skipped: " in out and "No query file" in out


def test_preprocess_silver(command, tmp_path):
    (tmp_path / "raw.txt").write_text("他从北京去上海。\n云帆智造在上海。\n", encoding="utf-8")
    (tmp_path / "terms.tsv").write_text("云帆智造\tORG\n", encoding="utf-8")
    arguments = ["--train", tmp_path / "raw.txt", "--dictionary", tmp_path / "terms.tsv", "--out", tmp_path / "data"]
    status, out, _ = command("preprocess", "silver", *arguments)
    assert status == 0 and "ORG" in out and (tmp_path / "data" / "queries.toml").is_file()
    lines = [json.loads(line) for line in (tmp_path / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(line["silver"] for line in lines) and lines[1]["entities"][0]["source"] == "dictionary"
    status, _, err = command("preprocess", "sample", "--dictionary", tmp_path / "terms.tsv", "--out", tmp_path / "x")
    assert status == 1 and "preprocess silver" in err


def test_preprocess_runs_without_tensorflow(tmp_path):
    block = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None"
    code = f"{block}; import bert_mrc_theseus.cli.app as cli; sys.argv[0] = 'x'; cli.main()"
    command = [sys.executable, "-c", code, "preprocess", "sample", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list(read_documents(tmp_path / "out" / "train.jsonl"))) == 376
