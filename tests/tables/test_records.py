"""JSON records as rows of a table."""

import pytest

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.tables import records
from bert_mrc_theseus.tables.columns import Columns, OutputColumns
from bert_mrc_theseus.tables.records import RecordTable


def rows_of(*items, output=None, typed=False):
    output = output or OutputColumns(typed)
    table = RecordTable(iter(enumerate(items, 1)), "text", "a.jsonl", output)
    return table, [str(row) if isinstance(row, DataError) else list(row.values) for _, row in table.rows()]


def test_columns_are_the_fields_of_the_first_records(monkeypatch):
    monkeypatch.setattr(records, "AHEAD_RECORDS", 2)
    table, rows = rows_of({"n": 1, "text": "a"}, {"text": "b", "m": [1]}, {"text": "c"}, {"text": "d", "x": 1})
    assert table.columns == Columns(("n", "text", "m")) and table.text == 1
    assert rows[:3] == [[1, "a", None], [None, "b", [1]], [None, "c", None]]
    assert "a.jsonl:4: the fields 'x' are not among the columns" in rows[3]


def test_what_json_lacks_is_null():
    _, rows = rows_of({"text": "a", "x": [1.5]}, {"text": "b", "x": [float("nan"), float("inf")]}, typed=True)
    assert rows == [["a", [1.5]], ["b", [None, None]]]


def test_what_is_no_record_costs_itself():
    _, rows = rows_of("好", 5, {"body": "x"}, {"text": None}, {"text": "x"})
    assert rows[0] == ["好"] and rows[4] == ["x"]
    assert (
        "a.jsonl:2: a record is an object" in rows[1] and "no 'text' among its fields" in rows[2] and "None" in rows[3]
    )


def test_columns_that_are_there_already_are_kept():
    output = OutputColumns(typed=False)
    output.take(Columns(("n", "text")), "first.jsonl")
    table, rows = rows_of({"text": "a"}, {"text": "b", "n": 1}, output=output)
    assert table.columns is output.columns and rows == [[None, "a"], [1, "b"]]
    other = OutputColumns(typed=False)
    other.take(Columns(("n", "body")), "first.csv")
    with pytest.raises(DataError, match="no column 'text'"):
        rows_of({"text": "a"}, output=other)


@pytest.mark.parametrize(
    ("first", "later", "fits"),
    [
        (1, 2, True),
        (1, None, True),
        (1, 2.5, False),
        (1, "1", False),
        (1, 2**70, False),
        (1.5, 2, True),
        ("a", 1, False),
        (True, 1, False),
        (1, True, False),
        ([1], [], True),
        ([], ["x"], True),
        (None, "x", True),
        ({"a": 1}, {}, True),
        ({"a": 1}, {"a": 2, "b": 3}, False),
        ([{"a": [1]}], [{"a": [2, None]}], True),
        ([{"a": [1]}], [{"a": ["x"]}], False),
    ],
)
def test_a_value_that_a_typed_column_cannot_hold_as_it_is_costs_its_record(monkeypatch, first, later, fits):
    pytest.importorskip("pyarrow", reason="the extra [tables]")
    monkeypatch.setattr(records, "AHEAD_RECORDS", 1)
    _, rows = rows_of({"text": "a", "x": first}, {"text": "b", "x": later}, typed=True)
    assert rows[0] == ["a", first]
    assert rows[1] == ["b", later] if fits else "a.jsonl:2: 'x' is" in rows[1]
