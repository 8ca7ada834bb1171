"""Offsets in UTF-16 units, as JavaScript and Java count them."""

from bisect import bisect_left
from collections.abc import Callable


def utf16_units(text: str) -> Callable[[int], int]:
    """From an offset in code points to that in UTF-16 units: a character beyond U+FFFF counts two."""
    if text.isascii():
        return lambda offset: offset
    wide = [place for place, char in enumerate(text) if char > "\uffff"]
    return lambda offset: offset + bisect_left(wide, offset)
