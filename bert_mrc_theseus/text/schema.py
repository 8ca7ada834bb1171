"""Entity types and their queries.

A query is the natural-language description of an entity type that is put before the context. A query file is TOML, one
table a type, in order:

    [PER]
    query = "人名：真实或虚构人物的姓名"   # a definition
    short = "人名"                         # optional: 2-4 characters; asked by default (docs/queries.md)
    examples = "人名，如张三、鲁迅"        # optional: any other text, to be chosen by its name

What stands in the brackets is the name, quoted or not: beyond TOML, `[人名]` and `[ORG.NAM]` are names as they stand.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.files.reading import read_text

_TABLE = re.compile(r"""[ \t]*\[([^][\"'#]+)\][ \t]*(#.*)?\r?""")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONG_QUOTE = re.compile(r"\"{3}|'{3}")

NAME = "name"
"""Query style that asks by the type's name alone."""

DEFAULT_STYLE = "short"
"""The default query style: the best and the fastest on Resume. A type that has no such text is asked by its `query`."""


@dataclass(frozen=True, slots=True)
class EntityType:
    """An entity type and the query that asks for it.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.EntityType("PER", "人名").query
        '人名'
    """

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Ordered entity types. The order is that of the model's outputs and of every table.

    Raises:
        ValueError: no types, a repeated name, a name or query that shows nothing, or a name with control characters.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> schema = bmt.Schema((bmt.EntityType("PER", "人名"), bmt.EntityType("LOC", "地名")))
        >>> schema.only(["LOC"]).names
        ('LOC',)
    """

    types: tuple[EntityType, ...]

    def __post_init__(self) -> None:
        if not self.types:
            raise ValueError("a schema needs at least one entity type")
        names = [item.name for item in self.types]
        for item in self.types:
            if not _shows(item.name) or not _shows(item.query):
                raise ValueError(f"an entity type needs a name and a query. Received: {item!r}")
            if _CONTROL.search(item.name):
                raise ValueError(f"the name of an entity type has no control characters. Received: {item.name!r}")
            if names.count(item.name) > 1:
                raise ValueError(f"entity type {item.name!r} is given twice")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(item.name for item in self.types)

    def index(self, name: str) -> int:
        """Position of a type.

        Raises:
            KeyError: the schema has no such type.
        """
        for position, item in enumerate(self.types):
            if item.name == name:
                return position
        raise KeyError(f"type {name!r} is not in the schema ({', '.join(self.names)})")

    def only(self, names: Sequence[str]) -> "Schema":
        """The schema of some of the types, in the order given.

        Raises:
            UsageError: the schema has no such type, a type is named twice, or none is.
        """
        try:
            return Schema(tuple(self.types[self.index(name)] for name in names))
        except (KeyError, ValueError) as error:
            raise UsageError(error.args[0]) from error


def _shows(text: str) -> bool:
    """Whether there is anything to see of a text: no blanks, and no characters without a shape, such as U+200B."""
    return any(char.isprintable() and not char.isspace() for char in text)


def schema_from_dict(tables: Mapping[str, Any], style: str = DEFAULT_STYLE) -> Schema:
    """Builds a schema from {type: {"query": ..., "short": ...}}.

    Args:
        tables: texts by type and style.
        style: which text is the query; `NAME` for the type's name. Where `DEFAULT_STYLE` is absent, `query` stands for it.

    Raises:
        ValueError: a type has no text of that style, or see `Schema`.
    """
    types = []
    for name, table in tables.items():
        table = table if isinstance(table, Mapping) else {}
        instead = {NAME: name, DEFAULT_STYLE: table.get("query")}.get(style)
        text = table.get(style, instead)
        if not isinstance(text, str) or not _shows(text):
            raise ValueError(f'entity type {name!r} has no text for "{style}"')
        types.append(EntityType(name, text))
    return Schema(tuple(types))


def read_queries(path: str | Path, style: str = DEFAULT_STYLE) -> Schema:
    """Reads a query file.

    Args:
        path: the file.
        style: which text of a type is its query.

    Raises:
        DataError: the file is absent, not UTF-8, not TOML, or not a schema.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> written = open("queries.toml", "w", encoding="utf-8").write('[PER]\\nquery = "人名：人物的姓名"\\nshort = "人名"')
        >>> bmt.read_queries("queries.toml").types
        (EntityType(name='PER', query='人名'),)
    """
    text = read_text(path)
    try:
        return schema_from_dict(tomllib.loads(_with_quoted_names(text)), style)
    except ValueError as error:
        raise DataError(f"not a query file: {error}", path, hint='one table a type: [PER] query = "..."') from error
    except RecursionError as error:
        raise DataError("not a query file: brackets in brackets without end", path) from error


def _with_quoted_names(text: str) -> str:
    """A query file in which the name of each table is quoted, but for what looks like one inside of a longer string."""
    lines = text.split("\n")
    inside = ""
    for number, line in enumerate(lines):
        head = None if inside else _TABLE.fullmatch(line)
        if head:
            lines[number] = f"[{json.dumps(head[1].strip(), ensure_ascii=False)}]{head[2] or ''}"
            continue
        for mark in _LONG_QUOTE.findall(line):
            if not inside:
                inside = mark
            elif inside == mark:
                inside = ""
    return "\n".join(lines)


def schema_to_json(schema: Schema) -> str:
    return json.dumps({item.name: {"query": item.query} for item in schema.types}, ensure_ascii=False, indent=2) + "\n"


def schema_from_json(text: str) -> Schema:
    """Inverse of `schema_to_json`.

    Raises:
        ValueError: not JSON, or see `schema_from_dict`.
    """
    return schema_from_dict(json.loads(text), "query")
