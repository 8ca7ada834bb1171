"""Parquet and Arrow files: what is read, and what is refused."""

import io

import pytest

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.tables.arrow_files import ArrowRow, open_arrow, open_parquet
from tests.helpers.tables import TEXTS, odd_table, write_table

pa = pytest.importorskip("pyarrow", reason="the extra [tables]")


def open_file(path, text="content"):
    opened = open_parquet if path.suffix == ".parquet" else open_arrow
    return opened(io.BytesIO(path.read_bytes()), text, path.name)


def file_of(folder, table, name="a.parquet"):
    write_table(table, folder / name)
    return folder / name


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.arrow"])
def test_rows_are_numbered_and_have_their_texts(tmp_path, name):
    table = open_file(file_of(tmp_path, odd_table(), name))
    assert [(number, row.value(table.text)) for number, row in table.rows()] == list(enumerate(TEXTS, 1))


@pytest.mark.parametrize(
    "cells",
    [["北京"], pa.array(["北京"]).dictionary_encode(), pa.array(["北京"], pa.string_view())],
    ids=["string", "dictionary", "string_view"],
)
def test_texts_of_every_kind_of_string(tmp_path, cells):
    table = open_file(file_of(tmp_path, pa.table({"text": cells})), "text")
    assert [row.value(table.text) for _, row in table.rows()] == ["北京"]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"text": [1]}, "'text' holds int64, not strings"),
        ({"text": [b"x"]}, "'text' holds binary"),
        ({"text": [["x"]]}, "'text' holds list<"),
        ({"body": ["x"], "n": [1]}, "no column 'text'; its columns are 'body', 'n'"),
        ({f"c{n}": ["x"] for n in range(30)}, "'c19' and 10 more"),
        ({}, "its columns are none"),
    ],
)
def test_columns_that_are_no_texts(tmp_path, columns, problem):
    with pytest.raises(DataError, match=f"^a.parquet: .*{problem}"):
        open_file(file_of(tmp_path, pa.table(columns)), "text")


def test_two_columns_of_one_name(tmp_path):
    twice = pa.table([pa.array(["x"]), pa.array(["y"])], names=["text", "text"])
    with pytest.raises(DataError, match="2 columns are called 'text'"):
        open_file(file_of(tmp_path, twice), "text")


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
@pytest.mark.parametrize(
    "data", [b"", b"PAR1", b"ARROW1", b"FEA1 of old", b"just a text that is long enough", b"\xff" * 40]
)
def test_other_files_are_refused_by_name(tmp_path, suffix, data):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(DataError, match=f"^a{suffix}: "):
        open_file(path)


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.arrow"])
def test_what_is_cut_off_or_damaged_anywhere_is_rows_or_an_error(tmp_path, name):
    path = file_of(tmp_path, odd_table(), name)
    data = path.read_bytes()
    damaged = [data[: len(data) * n // 12] for n in range(12)]
    damaged += [data[:at] + b"\xff" * 9 + data[at + 9 :] for at in range(0, len(data), len(data) // 25)]
    errors = 0
    for bad in damaged:
        path.write_bytes(bad)
        try:
            table = open_file(path)
            for _, row in table.rows():
                assert isinstance(row, ArrowRow)
                for column in range(len(table.columns.names)):
                    try:
                        row.value(column)
                    except ValueError as error:
                        errors += "no UTF-8" in str(error)
        except DataError as error:
            assert str(error).startswith(f"{name}: ")
            errors += 1
    assert errors >= 12


def test_a_pipe_is_refused():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    with pytest.raises(DataError, match="from a pipe"):
        open_parquet(Pipe(b"PAR1"), "text", "stdin")
