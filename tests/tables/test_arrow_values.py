"""Values of Arrow as those of JSON."""

import json

import pytest

from bert_mrc_theseus.tables.arrow_values import json_value
from tests.helpers.tables import odd_table

pa = pytest.importorskip("pyarrow", reason="the extra [tables]")

EXPECTED = {
    "k": 1,
    "zoned": "2024-01-01T08:00:00.000Z",
    "nanoseconds": "1970-01-01T00:00:00.000000001",
    "decimal": "1.50",
    "category": "a",
    "list": [1, 2],
    "struct": {"a": 1, "b": {"c": "x"}},
    "map": [{"key": "k", "value": 1}],
    "bytes": "/wA=",
    "float": 1.5,
    "nothing": None,
    "large": 2**64 - 1,
    "truth": True,
    "view": "x",
    "day": "2020-01-02",
    "time": "00:00:00.000005",
    "duration": 7,
}


def test_every_kind_of_value():
    table = odd_table()
    found = {name: json_value(table.column(name)[0]) for name in table.schema.names if name != "content"}
    assert found == EXPECTED and json.loads(json.dumps(found)) == found


def test_what_json_lacks_is_null_and_what_is_no_utf8_an_error():
    for value in (float("nan"), float("inf"), None):
        assert json_value(pa.scalar(value, pa.float64())) is None
    bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    with pytest.raises(ValueError):
        json_value(bad[0])


def test_uuids_and_days_far_away():
    storage = pa.array([bytes(range(16))], pa.binary(16))
    assert json_value(pa.ExtensionArray.from_storage(pa.uuid(), storage)[0]) == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert json_value(pa.scalar(2**31 - 1, pa.date32())) == "5881580-07-11"
