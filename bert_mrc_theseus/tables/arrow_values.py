"""Values of Arrow as those of JSON: what JSON has no type for becomes a string or a number that says the same.

Times are ISO 8601, with as many digits as they have; those with a zone are in UTC, with a Z. Decimals are strings, bytes are
base64, maps are lists of `{"key", "value"}`, durations count in their column's unit. NaN and infinity, which JSON lacks, are
null.
"""

import base64
import math
from typing import Any
from uuid import UUID

import numpy as np

from bert_mrc_theseus.text.json_records import Json


def json_value(scalar: Any) -> Json:
    """A `pyarrow.Scalar` as JSON.

    Raises:
        ValueError: it is no UTF-8.
    """
    import pyarrow as pa

    if not scalar.is_valid:
        return None
    kind = scalar.type
    if isinstance(scalar, pa.StructScalar):
        return {name: json_value(value) for name, value in scalar.items()}
    if isinstance(scalar, pa.MapScalar):
        return [json_value(pair) for pair in scalar.values]
    if isinstance(scalar, pa.ListScalar | pa.LargeListScalar | pa.FixedSizeListScalar):
        return [json_value(value) for value in scalar.values]
    if isinstance(scalar, pa.DictionaryScalar):
        return json_value(scalar.value)
    if isinstance(scalar, pa.TimestampScalar):
        return f"{np.datetime64(scalar.value, kind.unit)}" + ("Z" if kind.tz is not None else "")
    if pa.types.is_date(kind):
        day = np.datetime64(scalar.value, "D" if pa.types.is_date32(kind) else "ms")
        return str(day.astype("datetime64[D]"))
    if pa.types.is_time(kind):
        return str(np.datetime64(scalar.value, kind.unit)).partition("T")[2]
    if pa.types.is_duration(kind):
        return int(scalar.value)
    value = scalar.as_py()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(scalar, pa.ExtensionScalar):
        return json_value(scalar.value)
    return str(value)
