"""Records as JSON: a record a line (JSONL), or one list with a record a line."""

import json
from collections.abc import Mapping
from typing import Any

LIST_HEAD, LIST_BETWEEN, LIST_TAIL = "[\n", ",\n", "\n]\n"


def json_text(record: Any) -> str:
    """A record, or part of one, on one line, without its end."""
    return json.dumps(record, ensure_ascii=False)


def json_line(record: Mapping[str, Any]) -> str:
    """A line of JSONL."""
    return json_text(record) + "\n"
