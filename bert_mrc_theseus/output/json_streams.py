"""Records as JSON: a record a line (JSONL), or one list with a record a line."""

import json
from collections.abc import Mapping
from typing import Any

# Many programs, `httpx` and `requests` among them, read lines as `str.splitlines` does. JSON itself escapes those below U+0020.
_ESCAPED = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
LIST_HEAD, LIST_BETWEEN, LIST_TAIL = "[\n", ",\n", "\n]\n"


def json_text(record: Any) -> str:
    """A record, or part of one, on one line, without its end."""
    return json.dumps(record, ensure_ascii=False)


def json_line(record: Mapping[str, Any]) -> str:
    """A line of JSONL; the characters in its texts that `str.splitlines` too takes for ends of lines are escaped."""
    return json_text(record).translate(_ESCAPED) + "\n"
