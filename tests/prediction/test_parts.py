"""Parts of Parquet and JSONL files: together they have every row once."""

import gzip
import json
import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="the extra tables is not installed")

import pyarrow as pa
from pyarrow import parquet

from bert_mrc_theseus.errors import DataError, UsageError, UserError
from bert_mrc_theseus.files.trees import stamp
from bert_mrc_theseus.prediction import parts
from bert_mrc_theseus.prediction.job_folder import check_job_folder, job_folder
from bert_mrc_theseus.prediction.parts import Counts, find_tables, parts_of, predict_part
from bert_mrc_theseus.prediction.ray_data import ENTITY_LISTS, check_column
from tests.helpers.stress import under_stress

FEW = settings(max_examples=under_stress(20, 1000))
"""Each part is written to the disk."""


def found(table, column):
    """Stands for `Find`: every text is an entity, but null."""
    check_column(table.schema, column)
    texts = table.column(column).to_pylist()
    lists = [None if t is None else [{"start": 0, "end": len(t), "type": "X", "text": t, "score": 1.0}] for t in texts]
    errors = ["null" if text is None else None for text in texts]
    table = table.select([name for name in table.column_names if name != "entities"])
    return table.append_column("entities", pa.array(lists, ENTITY_LISTS)).append_column(
        "entities_error", pa.array(errors, pa.string())
    )


def run(path, out, text_field="text", size=parts.ROWS):
    """Rows, failed rows and counts of all parts of a file, in order."""
    rows, failed, counts = [], [], Counts()
    for part in parts_of(path, path.name, text_field, size):
        counts = counts.plus(predict_part(part, out, found, text_field))
        rows += parquet.read_table(part.entities_path(out)).to_pylist()
        if part.failed_path(out).exists():
            failed += map(json.loads, part.failed_path(out).read_text(encoding="utf-8").splitlines())
    assert counts.failed == len(failed) and counts.rows == len(rows) + len(failed) and counts.entities == len(rows)
    return rows, failed


@FEW
@given(
    st.lists(
        st.sampled_from(['{"text": "李明"}', "", "  ", '{"text": "上海", "id": 7, "a": [1]}', "{oops"]), max_size=9
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 60),
    st.integers(1, 3),
)
def test_every_line_is_in_one_part(tmp_path_factory, lines, end, last, mark, size, batch):
    folder = tmp_path_factory.mktemp("lines")
    path = folder / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" * mark + (end.join(lines) + end * last).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROW_BYTES", 1)
        patch.setattr(parts, "BATCH", batch)
        rows, failed = run(path, folder / "out", size=size)
    texts = [line for line in lines if line.startswith("{") and "text" in line]
    assert [row["text"] for row in rows] == [json.loads(line)["text"] for line in texts]
    assert [row["record"] for row in failed] == [line for line in lines if line == "{oops"]


@FEW
@given(st.integers(0, 40), st.integers(1, 15), st.integers(1, 15), st.integers(1, 9))
def test_every_row_is_in_one_part(tmp_path_factory, count, group, size, batch):
    folder = tmp_path_factory.mktemp("rows")
    path = folder / "a.parquet"
    texts = [None if n % 7 == 3 else f"李{n}" for n in range(count)]
    table = pa.table({"n": pa.array(range(count), pa.int8()), "text": pa.array(texts, pa.string()), "entities": texts})
    parquet.write_table(table, path, row_group_size=group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "BATCH", batch)
        rows, failed = run(path, folder / "out", size=size)
    assert [(row["n"], row["text"]) for row in rows] == [(n, t) for n, t in enumerate(texts) if t is not None]
    assert [(row["row"], row["record"]["n"]) for row in failed] == [(n, n) for n, t in enumerate(texts) if t is None]


def test_a_json_record_comes_out_with_everything_that_it_had(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write(
            '{"id": 7, "content": "李明", "meta": {"a": null}}\n{"id": "x", "content": "上海"}\n{"content": ""}\n'
        )
        stream.write('{"content": 5}\n')
    rows, (failed,) = run(path, tmp_path / "out", "content")
    assert [(row["id"], row["text"], row["rest"]) for row in rows] == [
        ("7", "李明", '{"id": 7, "meta": {"a": null}}'),
        ("x", "上海", None),
        ("a.jsonl.gz@85", "", None),
    ]
    assert "'content' is 5, not a string" in failed["reason"] and failed["byte"] == 101


def test_a_line_without_end_is_left_out_and_the_next_one_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "LONGEST_LINE", 30)
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n' + "x" * 31 + "\n" + "y" * 99 + '\n{"text": "b"}\n')
    rows, failed = run(path, tmp_path / "out")
    assert [row["text"] for row in rows] == ["a", "b"]
    assert ["more than 30 bytes" in row["reason"] for row in failed] == [True, True]


def test_what_cannot_be_read_leaves_no_output(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 oops")
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as Parquet"):
        parts_of(path, "a", "text")
    parquet.write_table(pa.table({"text": ["程晓光" * 100] * 50}), path, compression="none", use_dictionary=False)
    (part,) = parts_of(path, "a.parquet", "text")
    data = bytearray(path.read_bytes())
    data[4:60] = bytes(56)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as Parquet"):
        predict_part(part, tmp_path / "out", found, "text")
    assert not any(path.is_file() for path in (tmp_path / "out").rglob("*"))
    for table, message in (({"n": [1]}, "no column 'text' among n"), ({"text": [1]}, "holds no text but int64")):
        parquet.write_table(pa.table(table), path)
        with pytest.raises(DataError, match=message):
            parts_of(path, "a", "text")


def test_a_packed_file_is_one_part(tmp_path):
    pytest.importorskip("backports.zstd" if sys.version_info < (3, 14) else "compression.zstd", reason="extra tables")
    from bert_mrc_theseus.files.atomic_files import atomic_write

    path = tmp_path / "a.jsonl.zst"
    with atomic_write(path) as stream:
        stream.writelines('{"text": "李明"}\n' * 5)
    rows, failed = run(path, tmp_path / "out", size=1)
    assert [row["text"] for row in rows] == ["李明"] * 5 and failed == []
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match=r"a\.jsonl\.zst: cannot read on"):
        run(path, tmp_path / "other")
    assert not any(path.is_file() for path in (tmp_path / "other").rglob("*"))


def test_inputs_are_found_by_name_and_in_order(tmp_path):
    for name in ("b.parquet", "a/c.JSONL", "a/d.jsonl.gz", "e.txt", "f.ndjson"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [name for _, name in find_tables(tmp_path)] == ["a/c.JSONL", "a/d.jsonl.gz", "b.parquet", "f.ndjson"]
    assert [name for _, name in find_tables(tmp_path / "b.parquet")] == ["b.parquet"]
    os.makedirs(tmp_path / "none")
    for wrong in ("none", "e.txt"):
        with pytest.raises(UsageError, match=r"no \.parquet, \.jsonl or \.ndjson file"):
            find_tables(tmp_path / wrong)


@pytest.fixture
def memory():
    """fsspec's file system in memory, empty."""
    system = pytest.importorskip("fsspec", reason="the extra remote is not installed").filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


def test_parts_lie_at_addresses_too(tmp_path, memory):
    table = pa.table({"n": range(7), "text": [*"一二三四五六", None]})
    lines = "\n".join([*(json.dumps({"text": text}) for text in "上下左右"), "{oops"])
    here, there = tmp_path / "in", "memory://bucket/in"
    (here / "d").mkdir(parents=True)
    parquet.write_table(table, here / "b.parquet", row_group_size=3)
    (here / "d" / "a.jsonl").write_text(lines, encoding="utf-8")
    memory.put(f"{here}/", "/bucket/in/", recursive=True)
    assert find_tables(there) == [(f"{there}/b.parquet", "b.parquet"), (f"{there}/d/a.jsonl", "d/a.jsonl")]
    assert find_tables(f"{there}/b.parquet") == [(f"{there}/b.parquet", "b.parquet")]
    with pytest.raises(UsageError, match="no folder with one"):
        find_tables("memory://bucket/none")
    for source, out in ((here, tmp_path / "out"), (there, "memory://bucket/out")):
        assert parts.done_outputs(out) == set()
        for path, name in find_tables(source):
            for part in parts_of(path, name, "text", 2):
                predict_part(part, out, found, "text")
    done = parts.done_outputs(tmp_path / "out")
    assert done == parts.done_outputs("memory://bucket/out") and len(done) > 3
    for name in done:
        with memory.open(f"/bucket/out/entities/{name}") as stream:
            assert parquet.read_table(stream).equals(parquet.read_table(tmp_path / "out" / "entities" / name))
    failed = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out" / "failed").rglob("0*.jsonl")}
    assert (
        failed == {path.removeprefix("/bucket/out/") for path in memory.find("/bucket/out/failed")} and len(failed) == 2
    )


def test_a_job_at_an_address_goes_on_with_the_same_alone(memory):
    out, files = "memory://bucket/out", {"a.parquet": stamp_of(memory, "a.parquet", b"1")}
    check_job_folder(out, "memory://bucket/in")
    with job_folder(out, {"model": "x"}, files):
        pass
    check_job_folder(out, "memory://bucket/in")
    with job_folder(out, {"model": "x"}, {"b.parquet": stamp_of(memory, "b.parquet", b"2")}):
        pass
    with (
        pytest.raises(UserError, match=r"memory://bucket/out was begun with other model"),
        job_folder(out, {"model": "y"}, files),
    ):
        pass
    other = {"a.parquet": stamp_of(memory, "a.parquet", b"3")}
    with pytest.raises(UserError, match=r"was begun with other a\.parquet"), job_folder(out, {"model": "x"}, other):
        pass
    memory.pipe("/bucket/own/mine.txt", b"")
    for wrong, message in (
        ("memory://bucket/own", "was not written by predict-ray"),
        ("memory://bucket/own/mine.txt", "is no folder"),
        ("memory://bucket/in/out", "lie in each other"),
        ("memory://bucket", "lie in each other"),
        ("nosuch://bucket", "nosuch"),
    ):
        with pytest.raises(UsageError, match=message):
            check_job_folder(wrong, "memory://bucket/in")


def stamp_of(memory, name, content):
    memory.pipe(f"/bucket/in/{name}", content)
    return stamp(f"memory://bucket/in/{name}")
