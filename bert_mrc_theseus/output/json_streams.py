"""Records as JSON, written as they come: a record a line (JSONL), or one list."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any


def write_json_lines(stream: IO[str], records: Iterable[Mapping[str, Any]]) -> None:
    """JSONL: a record a line."""
    for record in records:
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_json_list(stream: IO[str], records: Iterable[Mapping[str, Any]]) -> None:
    """A JSON list with a record a line."""
    before = "["
    for record in records:
        stream.write(before + "\n" + json.dumps(record, ensure_ascii=False))
        before = ","
    stream.write("[]\n" if before == "[" else "\n]\n")
