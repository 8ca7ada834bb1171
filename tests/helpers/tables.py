"""Tables with columns of every kind. Needs pyarrow."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

TEXTS = ["程晓光从广州飞往大连。", None, "", "明天降温", '含,逗号"引号"\r\n换行在北京。']


def odd_table() -> Any:
    """A `pyarrow.Table` with the texts in "content"."""
    import pyarrow as pa

    count = len(TEXTS)
    columns = {
        "k": pa.array([1, 2, None, 4, 5], pa.int8()),
        "content": pa.array(TEXTS, pa.large_string()),
        "zoned": pa.array([datetime(2024, 1, 1, 8)] * count, pa.timestamp("ms", "Asia/Shanghai")),
        "nanoseconds": pa.array([1, 2, 3, None, 5], pa.timestamp("ns")),
        "decimal": pa.array([Decimal("1.50")] * count, pa.decimal128(10, 2)),
        "category": pa.array(["a", "b", "a", None, "c"]).dictionary_encode(),
        "list": pa.array([[1, 2], [], None, [None], [3]]),
        "struct": pa.array([{"a": 1, "b": {"c": "x"}}, None, {"a": None, "b": None}, None, None]),
        "map": pa.array([[("k", 1)]] * count, pa.map_(pa.string(), pa.int64())),
        "bytes": pa.array([b"\xff\x00"] * count),
        "float": pa.array([1.5, float("inf"), None, -0.0, 2.0]),
        "nothing": pa.nulls(count),
        "large": pa.array([2**64 - 1] * count, pa.uint64()),
        "truth": pa.array([True, None, False, True, True]),
        "view": pa.array(["x"] * count, pa.string_view()),
        "day": pa.array([date(2020, 1, 2)] * count),
        "time": pa.array([5] * count, pa.time64("us")),
        "duration": pa.array([7] * count, pa.duration("ms")),
    }
    fields = [pa.field(name, column.type, metadata={"note": name}) for name, column in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields, {"owner": "me"}))


def write_table(table: Any, path: Any) -> None:
    """A table as Parquet, Feather, or a stream of Arrow (.arrow)."""
    import pyarrow.feather as feather
    import pyarrow.parquet as parquet
    from pyarrow import ipc

    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=2)
    elif path.suffix == ".feather":
        feather.write_feather(table, path, chunksize=2)
    else:
        with ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)


def read_table(path: Any) -> Any:
    """A table of Parquet or Arrow with a footer."""
    import pyarrow.parquet as parquet
    from pyarrow import ipc

    return parquet.ParquetFile(path).read() if path.suffix == ".parquet" else ipc.open_file(path).read_all()
