"""The folder that `preprocess` writes: whole, of one corpus, and never over what is not its own."""

import os
import subprocess
import sys

import pytest
from bert_mrc_theseus.preprocess.convert import convert, read_files
from bert_mrc_theseus.preprocess.corpus_files import query_file

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.output.unwritable import writable
from bert_mrc_theseus.text.documents import Document
from tests.helpers.documents import columns

WINDOW = WindowSize(8, 2)


def written(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "in").mkdir()
    return {
        split: columns(tmp_path / "in" / split, f"<李明>来了{split}", "<王云>来了", "没有人")
        for split in ("train", "dev", "test")
    }


def test_no_split_of_an_earlier_corpus_stays(files, tmp_path):
    out = tmp_path / "out"
    convert(read_files(files, "columns", False), out, query_file("sample"), WINDOW)
    assert written(out) == ["corpus.json", "dev.jsonl", "queries.toml", "test.jsonl", "train.jsonl"]
    convert(read_files({"train": files["train"]}, "columns", False), out, None, WINDOW)
    assert written(out) == ["corpus.json", "train.jsonl"] and sorted(os.listdir(tmp_path)) == ["in", "out"]


def test_what_people_wrote_into_it_stays(files, tmp_path):
    out = tmp_path / "out"
    source = read_files({"train": files["train"]}, "columns", False)
    convert(source, out, None, WINDOW)
    (out / "queries.toml").write_text('[PER]\nquery = "人名"\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"queries\.toml, which preprocess did not write"):
        convert(source, out, None, WINDOW)
    convert(source, out, None, WINDOW, overwrite=True)
    assert "人名" in (out / "queries.toml").read_text(encoding="utf-8")
    with open(out / "train.jsonl", "a", encoding="utf-8") as stream:
        stream.write('{"text": "更多"}\n')
    with pytest.raises(UserError, match=r"queries\.toml"):
        convert(source, out, None, WINDOW)
    (out / "queries.toml").unlink()
    with pytest.raises(UserError, match=r"train\.jsonl, changed since"):
        convert(source, out, None, WINDOW)
    assert "更多" in (out / "train.jsonl").read_text(encoding="utf-8")


def test_a_folder_that_it_did_not_write_is_refused_and_overwritten_without_a_mixture(files, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "dev.jsonl").write_text('{"text": "旧"}\n', encoding="utf-8")
    (out / "notes.md").write_text("notes")
    source = read_files({"train": files["train"]}, "columns", False)
    with pytest.raises(UserError, match="was not written by preprocess"):
        convert(source, out, None, WINDOW)
    assert written(out) == ["dev.jsonl", "notes.md"]
    convert(source, out, None, WINDOW, overwrite=True)
    assert written(out) == ["corpus.json", "notes.md", "train.jsonl"]


def test_no_source_is_in_the_folder(files, tmp_path):
    before = files["train"].read_bytes()
    with pytest.raises(UserError, match="train, which is read"):
        convert(read_files(files, "columns", False), tmp_path / "in", None, WINDOW, overwrite=True)
    queries = tmp_path / "out" / "queries.toml"
    queries.parent.mkdir()
    queries.write_text('[PER]\nquery = "人名"\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"queries\.toml, which is read"):
        convert(read_files(files, "columns", False), tmp_path / "out", queries, WINDOW, overwrite=True)
    assert files["train"].read_bytes() == before and written(tmp_path / "out") == ["queries.toml"]


KILLED = """
import sys
from pathlib import Path
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.preprocess.convert import convert, read_files
folder = Path(sys.argv[1])
one = read_files({split: folder / "in" / split for split in ("train", "dev", "test")}, "columns", False)
other = read_files({"train": folder / "in" / "test", "dev": folder / "in" / "dev"}, "columns", False)
while True:
    for source in (one, other):
        convert(source, folder / "out", None, WindowSize(8, 2))
        print(flush=True)
"""


def test_a_kill_leaves_one_corpus(files, tmp_path):
    out = tmp_path / "out"
    whole = []
    for source in (files, {"train": files["test"], "dev": files["dev"]}):
        convert(read_files(source, "columns", False), out, None, WINDOW)
        whole.append({name: (out / name).read_bytes() for name in os.listdir(out)})
    with subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE) as one:
        for _ in range(7):
            one.stdout.readline()
        one.kill()
    assert {name: (out / name).read_bytes() for name in os.listdir(out)} in whole
    convert(read_files(files, "columns", False), out, None, WINDOW)
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]


def test_a_document_that_cannot_be_written_is_left_out():
    errors = []
    documents = [Document("1", "好"), Document("2", "\ud800"), Document("\udcb1", "好")]
    assert list(writable(documents, errors.append)) == documents[:1] and len(errors) == 2
