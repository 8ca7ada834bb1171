"""Reading the files of models of any maker: regular files alone, and text of a sensible size.

A FIFO would be waited for, and a device such as /dev/zero never ends.
"""

import json
import stat
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import ModelError

LARGEST_TEXT = 1 << 26
"""Bytes of the largest JSON file or vocabulary that is read."""


def regular_file(path: Path) -> Path:
    """The path, if a regular file (or a link to one) is there.

    Raises:
        FileNotFoundError: nothing is there.
        ModelError: it is something else, or cannot be looked at.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ModelError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not stat.S_ISREG(mode):
        raise ModelError(f"{path} is no regular file")
    return path


def read_bytes(path: Path, largest: int | None = None) -> bytes:
    """The bytes of a regular file.

    Args:
        path: the file.
        largest: bytes that it may have; None: any number.

    Raises:
        FileNotFoundError: nothing is there.
        ModelError: it is something else, unreadable or too large.
    """
    size = regular_file(path).stat().st_size
    if largest is not None and size > largest:
        raise ModelError(f"{path} has {size:,} bytes, more than {largest:,}: it is not what its name says")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error


def read_text(path: Path) -> str:
    """The text of a regular file; see `read_bytes`.

    Raises:
        ModelError: see `read_bytes`; or it is not UTF-8.
    """
    try:
        return read_bytes(path, LARGEST_TEXT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is not UTF-8 (byte {error.start})") from error


def parse_json_object(content: str | bytes, path: Path) -> dict[str, Any]:
    """The JSON object that a file holds.

    Args:
        content: of the file.
        path: for messages.

    Raises:
        ModelError: it is not JSON, not UTF-8, or not an object.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} is no JSON object")
    return value
