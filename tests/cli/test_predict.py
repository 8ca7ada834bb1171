"""`predict`."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time

import pytest

from bert_mrc_theseus.model_files.model_folder import save_model
from tests.helpers.saved_models import word_model


def test_predict_to_every_format(command, model, text, tmp_path):
    status, out, _ = command("predict", "-m", model, text)
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and [line["id"] for line in lines] == [f"{text}:{n}" for n in (1, 2, 3)]
    assert [(e["text"], e["type"]) for e in lines[0]["entities"]] == [("李明", "PER"), ("北京", "LOC")]
    status, out, _ = command("predict", "-m", model, text, "--format", "text")
    assert status == 0 and out.splitlines()[0] == "不了的[李明|PER]和的一在[北京|LOC]。"
    assert command("predict", "-m", model, text, "--format", "conll", "-o", tmp_path / "out.conll")[0] == 0
    assert "北\tB-LOC\n京\tI-LOC\n" in (tmp_path / "out.conll").read_text(encoding="utf-8")
    assert command("predict", "-m", model, text, "--format", "brat", "-o", tmp_path / "brat")[0] == 0
    assert len(list((tmp_path / "brat").glob("*.ann"))) == 3


def test_predict_with_types_queries_and_a_dictionary(command, model, text, tmp_path):
    def entities(*arguments):
        status, out, err = command("predict", "-m", model, text, *arguments)
        assert status == 0, err
        return [[(e["text"], e["type"]) for e in json.loads(line)["entities"]] for line in out.splitlines()], err

    everything = [[("李明", "PER"), ("北京", "LOC")], *entities()[0][1:]]
    assert entities("--types", "LOC,PER")[0] == everything
    found, _ = entities("--types", "LOC")
    assert any(found) and {kind for line in found for _, kind in line} == {"LOC"}
    status, _, err = command("predict", "-m", model, text, "--types", "TIME")
    assert status == 2 and "'TIME' is not in the schema (PER, LOC)" in err
    queries = tmp_path / "new.toml"
    queries.write_text('[PLACE]\nquery = "地名"\n[TEAM]\nquery = "球队"\n', encoding="utf-8")
    found, err = entities("--queries", queries)
    assert {kind for line in found for _, kind in line} >= {
        "PLACE"
    } and "was not trained on the queries of TEAM:" in err
    terms = tmp_path / "terms.tsv"
    terms.write_text("的李\tORG\n北京\tLOC\tveto\n", encoding="utf-8")
    found, err = entities("--dictionary", terms)
    assert found[0] == [("的李", "ORG")] and "terms.tsv: 1 entities added, 1 vetoed" in err


def test_predict_with_words_of_a_lexicon(command, model, text, tmp_path):
    terms = tmp_path / "terms.tsv"
    terms.write_text("的李\tORG\n", encoding="utf-8")
    status, _, err = command("predict", "-m", model, text, "--lexicon", terms)
    assert status == 1 and "reads no lexicon" in err
    folder = tmp_path / "words"
    save_model(folder, word_model())
    plain, taught = (
        command("predict", "-m", folder, "--threshold", "0.01", text, *options)
        for options in ((), ("--lexicon", terms))
    )
    assert plain[0] == taught[0] == 0 and plain[1] != taught[1]


def test_predict_goes_on_after_a_bad_record_and_its_status_says_so(command, model, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "1", "text": "李明"}\n{oops\n{"id": "3", "text": "上海"}\n', encoding="utf-8")
    status, out, err = command("predict", "-m", model, path)
    assert status == 3 and [json.loads(line)["id"] for line in out.splitlines()] == ["1", "3"]
    assert f"skipped: {path}:2: not JSON" in err and "1 records could not be read" in err


def test_a_record_comes_out_with_everything_that_it_had(command, model, tmp_path):
    path = tmp_path / "in.jsonl"
    records = [
        {"id": 7, "text": "这是上海", "url": None, "meta": {"b": [1, 2.5, {"c": "é"}], "a": True}, "entities": []},
        {"text": "人" * 30_000, "n": 3},
    ]
    path.write_text(
        "".join(json.dumps(record) + "\n" for record in records) + '{"text": "坏\\ud83d"}\n', encoding="utf-8"
    )
    status, out, err = command("predict", "-m", model, path)
    first, second = (json.loads(line) for line in out.splitlines())
    assert status == 3 and f"{path}:3: half of a character" in err
    assert {**first, "entities": []} == records[0] and [e["text"] for e in first["entities"]] == ["上海"]
    assert list(first) == ["id", "text", "entities", "url", "meta"] and list(first["meta"]) == ["b", "a"]
    assert second["n"] == 3 and second["text"] == records[1]["text"] and second["id"] == f"{path}:2"


def test_predict_is_told_what_the_input_is(command, model, tmp_path):
    path = tmp_path / "a"
    path.write_text('{"content": "这是上海"}\n', encoding="gb18030")
    status, out, err = command("predict", "-m", model, path)
    assert status == 3 and out == "" and "not UTF-8" in err
    options = ("--encoding", "gb18030", "--input-format", "jsonl", "--text-field", "content")
    status, out, _ = command("predict", "-m", model, path, *options)
    assert status == 0 and json.loads(out)["text"] == "这是上海"
    for wrong in (("--encoding", "x"), ("--input-format", "xlsx")):
        status, _, err = command("predict", "-m", tmp_path, path, *wrong)
        assert status == 2 and wrong[1] in err


def test_predict_takes_texts_on_the_command_line(command, text):
    status, out, err = command("predict", "--text", "程晓光在广州", "--text", "-", "--format", "text")
    assert status == 0 and out == "[程晓光|PER]在[广州|LOC]\n-\n"
    assert err.startswith("2 documents, 7 characters in ") and err.endswith(
        " 2 entities: PER 1, LOC 1; 0 records skipped\n"
    )
    status, out, _ = command("predict", "--text", "程晓光")
    assert status == 0 and json.loads(out)["id"] == "text:1"
    for wrong, message in (((), "give inputs, or texts"), ((text, "--text", "程晓光"), "not both")):
        status, out, err = command("predict", *wrong)
        assert status == 2 and message in err and out == ""


def test_predict_says_what_was_skipped(command, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "广州"}\n{oops\n', encoding="utf-8")
    status, _, err = command("predict", path)
    assert status == 3 and "1 documents, 2 characters" in err and "1 records skipped\n" in err


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="the system has no pseudo-terminals")
def test_predict_draws_a_bar_where_standard_error_is_a_terminal(text, tmp_path):
    leader, follower = os.openpty()
    command = [sys.executable, "-m", "bert_mrc_theseus", "predict", str(text), "-o", str(tmp_path / "out.jsonl")]
    with subprocess.Popen(command, stderr=follower, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(follower)
        drawn = b""
        # At the end Linux says that there is nobody at the other side.
        with contextlib.suppress(OSError):
            while part := os.read(leader, 4096):
                drawn += part
    os.close(leader)
    shown = drawn.decode()
    assert process.returncode == 0 and "/3 documents, " in shown and " characters/s" in shown
    assert shown.rstrip().endswith("0 records skipped")


def test_predict_reads_what_the_shell_makes_a_file_of(text):
    command = f"{sys.executable} -m bert_mrc_theseus predict <(cat {text}) /dev/stdin < {text}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, encoding="utf-8")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and [line["text"] for line in lines[:3]] == [line["text"] for line in lines[3:]]


def test_predict_reads_a_pipe_and_prints_nothing_else(model, text):
    command = [sys.executable, "-m", "bert_mrc_theseus", "predict", "-m", str(model), "-"]
    done = subprocess.run(
        command, input=text.read_text(encoding="utf-8"), capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0
    # No bar, since standard error is no terminal: a line of what was found is all.
    assert re.fullmatch(
        r"3 documents, 16 characters in [\d.]+ s; 3 entities: LOC 2, PER 1; 0 records skipped\n", done.stderr
    )
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["stdin:1", "stdin:2", "stdin:3"]


def test_a_reader_that_has_gone_ends_prediction_quietly(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("的一是在" * 10 + "\n" + "好\n" * 6000, encoding="utf-8")
    command = f"{sys.executable} -m bert_mrc_theseus predict {path} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stdout.count("\n") == 1 and done.stderr == ""


def test_predict_goes_on_after_a_record_that_cannot_be_written(command, tmp_path, monkeypatch):
    from bert_mrc_theseus.prediction import inputs
    from bert_mrc_theseus.text.documents import Document

    documents = [Document("1", "李明"), Document("2", "坏\ud800字"), Document("3", "上海")]
    monkeypatch.setattr(inputs, "read_inputs", lambda *arguments: iter(documents))
    (tmp_path / "in.txt").write_text("x")
    out = tmp_path / "out.jsonl"
    status, _, err = command("predict", tmp_path / "in.txt", "-o", out)
    assert status == 3 and "skipped: document '2' cannot be written" in err and "1 records could not" in err
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == ["1", "3"]


def test_predict_replaces_a_brat_folder_of_its_own_only(command, tmp_path):
    precious, out = tmp_path / "precious", tmp_path / "out"
    precious.mkdir()
    (precious / "note.txt").write_text("程晓光在广州", encoding="utf-8")
    (precious / "thesis.docx").write_text("thesis")
    brat = ("--whole-files", "--format", "brat", "-o")
    status, _, err = command("predict", precious, *brat, precious)
    assert status == 2 and "note.txt, which is read" in err
    status, _, err = command("predict", precious / "note.txt", *brat, precious, "--overwrite")
    assert status == 2 and "note.txt, which is read" in err
    assert command("predict", precious, *brat, out)[0] == 0 and command("predict", precious, *brat, out)[0] == 0
    (out / "own.md").write_text("mine")
    status, _, err = command("predict", precious, *brat, out)
    assert status == 2 and "own.md" in err and "--overwrite" in err
    assert command("predict", precious, *brat, out, "--overwrite")[0] == 0
    assert (out / "own.md").read_text() == "mine" and len(list(out.glob("*.ann"))) == 1
    assert sorted(os.listdir(precious)) == ["note.txt", "thesis.docx"]


RESUMED = """
import sys
import bert_mrc_theseus.cli.app as app
import bert_mrc_theseus.output.journal as journal
import bert_mrc_theseus.prediction.pieces as pieces
journal.SECONDS = 0
pieces.GROUP_CHARACTERS = 60
sys.argv = ["bert-mrc-theseus", "predict", *sys.argv[1:]]
app.main()
"""


def test_predict_goes_on_after_kills_to_the_same_bytes(tmp_path, command, monkeypatch):
    lines = [f"第{n}天程晓光从广州飞往大连，" + "去了云南。" * (n % 7) for n in range(90)]
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "more.jsonl").write_text('{"text": "北京"}\n{oops\n{"text": "上海"}\n', encoding="utf-8")

    def start(out, *options):
        arguments = ["in.txt", "more.jsonl", "-o", out, *options]
        return subprocess.Popen(
            [sys.executable, "-c", RESUMED, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )

    with start("whole") as process:
        assert process.wait() == 3
    journal, kills = tmp_path / "out.journal", 0
    for wanted in (1, 50):
        with start("out", "--resume") as process:
            while process.poll() is None and not (journal.exists() and journal.read_text().count("\n") > wanted):
                time.sleep(0.001)
            process.kill()
        kills += process.returncode < 0
        assert (tmp_path / "out").exists() == (process.returncode == 3)
    assert kills >= 1
    monkeypatch.chdir(tmp_path)
    status, _, err = command("predict", "in.txt", "more.jsonl", "-o", "out", "--resume", "--threshold", "0.9")
    assert status == 1 and "begun with other --threshold" in err
    status, _, err = command("predict", "in.txt", "more.jsonl", "-o", "out")
    assert status == 2 and "go on with --resume" in err
    with start("out", "--resume") as process:
        assert process.wait() == 3
        err = process.stderr.read()
        assert "going on behind" in err and "more.jsonl:2: not JSON" in err
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["in.txt", "more.jsonl", "out", "whole"]
