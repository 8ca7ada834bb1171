"""`predict` of tables: in and out, by name and by option, here and elsewhere."""

import gzip
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.helpers.tables import TEXTS, odd_table, read_table, write_table


@pytest.fixture
def odd(tmp_path):
    pytest.importorskip("pyarrow", reason="the extra [tables]")
    write_table(odd_table(), tmp_path / "odd.parquet")
    return tmp_path / "odd.parquet"


def test_parquet_to_parquet_to_csv_to_jsonl(command, odd, tmp_path):
    """Each output is the next input: the texts and what was found stay the same."""
    a, b, c = tmp_path / "a.parquet", tmp_path / "b.csv.gz", tmp_path / "c.jsonl"
    status, out, err = command("predict", odd, "--text-field", "content", "-o", a)
    assert (status, out) == (0, "") and err.startswith("1 texts are missing (null): they count as empty\n")
    table = read_table(a)
    assert table.schema.names == [*odd_table().schema.names, "entities"]
    found = [[(e["text"], e["type"]) for e in entities] for entities in table.column("entities").to_pylist()]
    assert found == [[("程晓光", "PER"), ("广州", "LOC"), ("大连", "LOC")], [], [], [], [("北京", "LOC")]]
    assert command("predict", a, "--text-field", "content", "-o", b)[0] == 0
    header, first = gzip.decompress(b.read_bytes()).decode().split("\n")[:2]
    assert header == ",".join(table.schema.names) and first.startswith(
        "1,程晓光从广州飞往大连。,2024-01-01T08:00:00.000Z,"
    )
    status, _, err = command("predict", b, "--text-field", "content", "--id-field", "k", "-o", c)
    records = [json.loads(line) for line in c.read_text(encoding="utf-8").splitlines()]
    assert (
        status == 0
        and "missing" not in err
        and [record["text"] for record in records] == [text or "" for text in TEXTS]
    )
    assert [record["id"] for record in records] == ["1", "2", "", "4", "5"] and records[0]["decimal"] == "1.50"
    assert [[(e["text"], e["type"]) for e in record["entities"]] for record in records] == found


def test_a_typed_table_without_rows_and_one_entity_a_row(command, odd, tmp_path):
    write_table(odd_table().slice(0, 0), tmp_path / "empty.parquet")
    for name in ("empty.parquet", "odd.parquet"):
        options = ("--text-field", "content", "--rows", "entities", "-o", tmp_path / "out.feather")
        assert command("predict", tmp_path / name, *options)[0] == 0
        out = read_table(tmp_path / "out.feather")
        assert out.schema.names[-6:-2] == ["entity_start", "entity_end", "entity_type", "entity_text"]
        assert out.column("k").to_pylist() == ([] if name == "empty.parquet" else [1, 1, 1, 5])


def test_records_and_lines_to_tables(command, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"n": 7, "body": "我在北京", "x": [1]}\n{"body": "好"}\n', encoding="utf-8")
    status, out, _ = command("predict", tmp_path / "a.jsonl", "--text-field", "body", "--format", "tsv")
    assert status == 0 and [line.split("\t")[:3] for line in out.splitlines()] == [
        ["n", "body", "x"],
        ["7", "我在北京", "[1]"],
        ["", "好", ""],
    ]
    (tmp_path / "a.txt").write_text("我在北京\n", encoding="utf-8")
    status, out, _ = command("predict", tmp_path / "a.txt", "--format", "csv", "--rows", "entities")
    assert out.splitlines()[1].startswith(f"{tmp_path / 'a.txt'}:1,我在北京,2,4,LOC,北京,0.9")
    status, out, _ = command("predict", tmp_path / "a.txt", "--rows", "entities")
    assert json.loads(out)["entity_text"] == "北京" and "entities" not in json.loads(out)


def test_csv_to_parquet_is_strings(command, tmp_path):
    pytest.importorskip("pyarrow", reason="the extra [tables]")
    (tmp_path / "a.csv").write_text("n,text\n007,我在北京\n,\n", encoding="utf-8")
    assert command("predict", tmp_path / "a.csv", "-o", tmp_path / "a.parquet")[0] == 0
    table = read_table(tmp_path / "a.parquet")
    assert table.schema.types[:2] == ["string", "string"] and table.column("n").to_pylist() == ["007", ""]
    assert [len(entities) for entities in table.column("entities").to_pylist()] == [1, 0]


def test_a_column_that_is_not_there_is_an_error_and_the_output_stays(command, tmp_path):
    (tmp_path / "a.csv").write_text("body,n\n好,1\n", encoding="utf-8")
    (tmp_path / "out.csv").write_text("yesterday's")
    status, out, err = command("predict", tmp_path / "a.csv", "-o", tmp_path / "out.csv")
    assert (status, out) == (1, "") and "there is no column 'text'; its columns are 'body', 'n' (--text-field" in err
    assert (tmp_path / "out.csv").read_text() == "yesterday's"


def test_files_with_other_columns_are_left_out_and_named(command, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("text,n\n好,1\n", encoding="utf-8")
    (folder / "b.csv").write_text("text,m\n好,1\n", encoding="utf-8")
    (folder / "c.csv").write_text("text,n\n北京,2\n", encoding="utf-8")
    (folder / "_c.csv").write_text("left by others\n")
    status, out, err = command("predict", folder, "--format", "csv")
    assert status == 3 and "b.csv: its columns are not those of" in err and "missing 'n'; further 'm'" in err
    assert [line.split(",")[:2] for line in out.splitlines()] == [["text", "n"], ["好", "1"], ["北京", "2"]]
    status, out, _ = command("predict", folder)
    assert status == 0 and [json.loads(line).get("m") for line in out.splitlines()] == [None, "1", None]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("-o", "x.parquet.gz"), "compressed inside"),
        (("-o", "x.parquet", "--resume"), "--resume is for formats that are written line by line, not for parquet"),
        (("-o", "memory://x.csv", "--resume"), "--resume writes files of this machine"),
        (("-o", "memory://x", "--format", "brat"), "writes a folder"),
        (("--rows", "words"), "--rows is one of texts, entities"),
        (("--rows", "entities", "--format", "html"), "--rows entities is for jsonl and tables"),
        (("-o", "in.csv"), "is an input"),
    ],
)
def test_outputs_that_cannot_be_are_wrong_usage(command, tmp_path, monkeypatch, options, problem):
    pytest.importorskip("pyarrow", reason="the extra [tables]")
    pytest.importorskip("fsspec", reason="the extra [remote]")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("text\n好\n", encoding="utf-8")
    status, out, err = command("predict", "in.csv", *options)
    assert (status, out) == (2, "") and problem in err and [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_addresses_in_and_out(command, odd, tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="the extra [remote]")
    memory = fsspec.filesystem("memory")
    memory.pipe("/in/a.parquet", odd.read_bytes())
    status, _, err = command(
        "predict", "memory://in/*.parquet", "--text-field", "content", "-o", "memory://out/a.parquet"
    )
    assert status == 0, err
    with memory.open("/out/a.parquet", "rb") as stream:
        (tmp_path / "a.parquet").write_bytes(stream.read())
    assert read_table(tmp_path / "a.parquet").column("entities").to_pylist()[4][0]["text"] == "北京"
    assert memory.find("/out") == ["/out/a.parquet"]
    status, _, err = command(
        "predict", "memory://in/a.parquet", "--text-field", "content", "-o", "memory://in/a.parquet"
    )
    assert status == 2 and "is an input" in err
    status, out, _ = command("predict", f"file://{odd}", "--text-field", "content")
    assert status == 0 and json.loads(out.splitlines()[0])["id"] == f"file://{odd}:1"
    status, _, err = command("predict", "nosuch://a.txt")
    assert status == 2 and "nosuch" in err and err.count("\n") == 1


def test_a_table_that_breaks_off_is_written_as_far_as_it_was_read(command, tmp_path):
    pa = pytest.importorskip("pyarrow", reason="the extra [tables]")
    write_table(pa.table({"text": ["北京"] * 6}), tmp_path / "a.arrow")
    data = (tmp_path / "a.arrow").read_bytes()
    (tmp_path / "a.arrow").write_bytes(data[:-100])
    status, _, err = command("predict", tmp_path / "a.arrow", "-o", tmp_path / "out.parquet")
    assert status == 3 and "cannot read on behind row 4" in err and "what follows is left out" in err
    assert read_table(tmp_path / "out.parquet").num_rows == 4


def test_without_pyarrow_the_extra_is_named(command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "a.csv").write_text("text\n好\n", encoding="utf-8")
    for arguments in ((tmp_path / "a.parquet",), (tmp_path / "a.csv", "--format", "parquet")):
        status, _, err = command("predict", *arguments)
        assert status == 1 and "pip install 'bert-mrc-theseus[tables]'" in err and err.count("\n") == 1
    assert command("predict", tmp_path / "a.csv", "--format", "csv")[0] == 0


def test_what_the_guide_says_runs(command, tmp_path, monkeypatch, capfd):
    pytest.importorskip("pyarrow", reason="the extra [tables]")
    if sys.version_info < (3, 14):
        pytest.importorskip("backports.zstd", reason="the extra [tables]")
    monkeypatch.chdir(tmp_path)
    guide = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    names: dict = {}
    commands = 0
    for language, block in re.findall(r"```(python|sh)\n(.*?)```", guide, flags=re.DOTALL):
        if language == "python":
            exec(block, names)
            continue
        for line in block.splitlines():
            status, _, err = command(*shlex.split(line)[1:])
            assert status == 0, err
            commands += 1
    assert commands == 4
