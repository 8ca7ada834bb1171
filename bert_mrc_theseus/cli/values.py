"""Values of options that typer has no type for: lists, names, the splits of a data folder."""

import math
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from bert_mrc_theseus.errors import UsageError, printable

Value = TypeVar("Value")


def comma_list(text: str, kind: Callable[[str], Value], option: str, least: float | None = None) -> list[Value]:
    """Values separated by commas.

    Args:
        text: what was given.
        kind: makes a value of a part: int, float or str.
        option: for messages.
        least: of numbers, the smallest that can be meant; they are finite then.

    Raises:
        UsageError: there is none, or a part is not a value, or too small.
    """
    try:
        values = [kind(part.strip()) for part in text.split(",") if part.strip()]
    except (ValueError, OverflowError):
        values = []
    if not values or (least is not None and not all(least <= value < math.inf for value in values)):  # type: ignore[operator]
        words = {int: "whole numbers", float: "numbers"}.get(kind, "names")  # type: ignore[call-overload]
        words += "" if least is None else f" of at least {least:g}"
        raise UsageError(f"{option} takes {words} separated by commas. Received: {text!r}")
    return values


def check_names(names: Iterable[str], known: Collection[str], option: str) -> None:
    """Looks whether names are known.

    Args:
        names: what was given.
        known: all names.
        option: for messages.

    Raises:
        UsageError: one is not.
    """
    for name in names:
        if name not in known:
            raise UsageError(f"{option} takes {', '.join(known)}. Received: {name!r}")


def split_file(data: Path, split: str) -> Path:
    """The file of a split.

    Args:
        data: a data folder, or one file, which is the split then.
        split: its name.

    Raises:
        UsageError: the folder has none of that name.
    """
    if not data.is_dir():
        return data
    path = data / f"{split}.jsonl"
    if not os.path.isfile(path):
        there = ", ".join(sorted(file.stem for file in data.glob("*.jsonl")))
        raise UsageError(f"{data} has no {split}.jsonl" + (f"; its splits are {there}" if there else ""))
    return path


def short_names(paths: Sequence[Path], option: str, least: int = 1) -> list[str]:
    """Names for a table: as many last parts of each path as tell it from the others.

    Args:
        paths: of files or folders.
        option: for messages.
        least: parts of each name, where a path has so many.

    Raises:
        UsageError: two are the same.
    """
    all_parts = [path.resolve().parts for path in paths]
    names = []
    for parts, path in zip(all_parts, paths, strict=True):
        if all_parts.count(parts) > 1:
            raise UsageError(f"{option} names {printable(path)} twice")
        others = [other for other in all_parts if other != parts]
        size = least
        while any(other[-size:] == parts[-size:] for other in others):
            size += 1
        names.append(printable(Path(*parts[-size:]).as_posix()))
    return names
