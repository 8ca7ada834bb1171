"""JSON that others wrote, a record at a time, so that a bad record never costs more than itself.

Of a record, everything can be written again as it was read: what cannot (half of a character, a number without end, a key
that stands twice, brackets without end) makes it a bad one.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeAlias

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.files.reading import SURROGATE

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What JSON can hold."""

DEEPEST = 100
"""Brackets in brackets of a record. Python's own limit depends on the place of the call, which may be deeper in writing."""

LONGEST_NUMBER = 1000
"""Digits of a whole number; Python itself refuses more than 4,300."""

_SPACE = re.compile("[ \t\r\n\ufeff]*")
"""What may stand between values; a byte order mark does where files were joined."""
_HALF = re.compile(r"\\u[dD][89a-fA-F]")

_short = Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60
_short.maxdict = _short.maxlist = 4


def shown(value: Any) -> str:
    """A value for a message, cut short."""
    return _short.repr(value)


def parse_json(text: str, path: str | Path, line: int) -> Json:
    """A line that is one JSON value.

    Args:
        text: the line.
        path, line: for messages.

    Raises:
        DataError: it is not JSON, or cannot be kept as it is.
    """
    value, end, problem = _Reader().next(text, 0, path, line)
    if text[end:].strip():
        raise DataError(f"not JSON: more behind the end of the value, at column {end + 1}", path, line)
    if problem is not None:
        raise DataError(problem, path, line)
    return value


def json_records(text: str, path: str | Path, on_error: OnError) -> Iterator[tuple[int, Json]]:
    """Yields (line number, record) of a JSON file: the items of a list, or values that follow each other, as in JSONL.

    Args:
        text: the whole file.
        path: for messages.
        on_error: gets the error of each record that cannot be kept as it is, which is then left out.

    Raises:
        DataError: the file is not JSON: what follows the place cannot be read.
    """
    reader = _Reader()
    position = _SPACE.match(text).end()  # type: ignore[union-attr]
    listed = text[position : position + 1] == "["
    line = 1 + text.count("\n", 0, position)
    if listed:
        position += 1
    first = True
    while True:
        before, position = position, _SPACE.match(text, position).end()  # type: ignore[union-attr]
        line += text.count("\n", before, position)
        mark = text[position : position + 1]
        if listed and mark == "]":
            if text[position + 1 :].strip():
                raise DataError("not JSON: more behind the end of the list", path, line)
            return
        if not mark:
            if listed:
                raise DataError("not JSON: the list does not end", path, line)
            return
        if listed and not first:
            if mark != ",":
                raise DataError("not JSON: a comma is missing between two records", path, line)
            before, position = position, _SPACE.match(text, position + 1).end()  # type: ignore[union-attr]
            line += text.count("\n", before, position)
        first = False
        value, end, problem = reader.next(text, position, path, line)
        if problem is None:
            yield line, value
        else:
            on_error(DataError(problem, path, line))
        line += text.count("\n", position, end)
        position = end


def without_nan(value: Json) -> Json:
    """A value with null in place of NaN and infinity, which Python and others write though JSON lacks them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return {name: without_nan(item) for name, item in value.items()} if isinstance(value, dict) else value


class _Reader:
    """Reads one value; what is wrong with it, but does not hide where it ends, is kept until then."""

    def __init__(self) -> None:
        self._problem: str | None = None
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=self._integer, parse_float=self._float
        )

    def next(self, text: str, position: int, path: str | Path, line: int) -> tuple[Json, int, str | None]:
        """The value that begins at a position, where it ends, and what is wrong with it.

        Raises:
            DataError: it has no end.
        """
        self._problem = None
        position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
        try:
            value, end = self._decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            number = line + error.lineno - 1 - text.count("\n", 0, position)
            raise DataError(f"not JSON: {error.msg} at column {error.colno}", path, number) from error
        except RecursionError as error:
            raise DataError(f"JSON of more than {DEEPEST} brackets in brackets", path, line) from error
        return value, end, self._problem or _unwritable(value, text, position, end)

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self._problem = f"the key {shown(twice)} stands twice in one object"
        return found

    def _integer(self, digits: str) -> int:
        if len(digits) > LONGEST_NUMBER:
            self._problem = f"a number of {len(digits)} digits"
            return 0
        return int(digits)

    def _float(self, digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            self._problem = f"a number that is too large: {digits[:40]}"
        return value


def _unwritable(value: Json, text: str, start: int, end: int) -> str | None:
    """What keeps a value from being written again, if there is something."""
    halves = _HALF.search(text, start, end) is not None
    if not halves and text.count("[", start, end) + text.count("{", start, end) <= DEEPEST:
        return None
    level: list[Json] = [value]
    for _ in range(DEEPEST + 1):
        inner: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.keys()
                inner += item.values()
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and SURROGATE.search(item):
                return f"half of a character (a lone surrogate) in {shown(item)}"
        if not inner:
            return None
        level = inner
    return f"JSON of more than {DEEPEST} brackets in brackets"
