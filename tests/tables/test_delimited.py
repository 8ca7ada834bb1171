"""CSV and TSV: cells come out as they went in."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.tables.columns import ValueRow
from bert_mrc_theseus.tables.delimited import DelimitedTable, delimited_line


def read(data, delimiter=",", text="text", encoding="utf-8"):
    """Columns, [(line, cells)], errors."""
    errors = []
    table = DelimitedTable(io.BytesIO(data), delimiter, text, "a.csv", errors.append, encoding)
    rows = []
    for line, row in table.rows():
        if isinstance(row, ValueRow):
            rows.append((line, list(row.values)))
        else:
            errors.append(row)
    return table.columns.names, rows, [str(error) for error in errors]


CELLS = st.text(
    st.one_of(st.sampled_from(',\t"\r\n \\=\0\ufeff'), st.characters(exclude_categories=["Cs"])), max_size=6
)


@given(
    st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))),
    st.sampled_from(",\t"),
)
def test_any_cells_survive(rows, delimiter):
    header = ["text", "b", "c"][: len(rows[0]) if rows else 1]
    data = "".join(delimited_line(row, delimiter) for row in [header, *rows]).encode()
    names, found, errors = read(data, delimiter)
    assert names == tuple(header) and [cells for _, cells in found] == rows and errors == []


def test_quotes_line_ends_and_numbers_are_as_they_stand_there():
    data = 'n,text,x\r\n001,"我在""北京"",\r\n还有。", a \r\n2,=cmd(),\r\n\r\n3,a"b,1e3'.encode()
    _, rows, errors = read(data)
    assert rows == [
        (2, ["001", '我在"北京",\r\n还有。', " a "]),
        (4, ["2", "=cmd()", ""]),
        (6, ["3", 'a"b', "1e3"]),
    ]
    assert errors == []


def test_a_bad_row_costs_itself():
    data = 'n,text\n1,"x"y\n2,a,b\n3,好\n4\n5,好'.encode() + '\n6,"开着\n7,x\n'.encode()
    _, rows, errors = read(data)
    assert rows == [(4, ["3", "好"]), (6, ["5", "好"])]
    assert [error.partition(" (")[0] for error in errors] == [
        "a.csv:2: not CSV: ',' expected after '\"'",
        "a.csv:3: 3 cells, where the header has 2",
        "a.csv:5: 1 cells, where the header has 2",
        "a.csv:7: not CSV: unexpected end of data",
    ]


def test_a_line_in_another_encoding_costs_its_row():
    bad = b"\xbb\xb5"
    data = "n,text\n1,好\n2,".encode() + bad + '\n3,"一\n'.encode() + bad + '\n二"\n4,好\n'.encode()
    _, rows, errors = read(data)
    assert rows == [(2, ["1", "好"]), (7, ["4", "好"])]
    assert [error.partition(": ")[0] for error in errors] == ["a.csv:3", "a.csv:5", "a.csv:4"]
    assert "not UTF-8" in errors[1] and "a line in a cell cannot be read" in errors[2]
    assert read("text\n坏\n".encode("gbk"), encoding="gbk")[1] == [(2, ["坏"])]
    assert read("text\n坏\n".encode("utf-16"), encoding="utf-16")[1] == [(2, ["坏"])]


def test_an_empty_line_is_a_text_only_where_there_is_one_column():
    assert read("text\n好\n\n北\n".encode())[1] == [(2, ["好"]), (3, [""]), (4, ["北"])]
    assert read("text,n\n好,1\n\n".encode())[1] == [(2, ["好", "1"])]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "no header"),
        ("a,b\n1,2\n", "no column 'text'; its columns are 'a', 'b'"),
        ("text,text\n", "2 columns are called 'text'"),
        ('"text\n', "not CSV"),
    ],
)
def test_headers_that_are_none(data, problem):
    with pytest.raises(DataError, match=problem):
        read(data.encode())


def test_other_names_of_columns_may_stand_twice():
    assert read(b"a,text,a\n1,x,2\n")[1] == [(2, ["1", "x", "2"])]
