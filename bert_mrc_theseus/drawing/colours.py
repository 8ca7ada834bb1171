"""A colour and a kind of line for each entity type: a type looks the same on every page, and no two on one page look alike.

What a look is made of stands in web/marked.css: a class a look, `k0` to `k35`. Twelve hues in three kinds of line.
"""

import zlib
from collections.abc import Iterable, Mapping

HUES = 12
LOOKS = 3 * HUES

_SEED = 1781
"""Of the checksum of a name: the usual names of persons, places, organisations and times get hues of their own with it."""


def looks_of(types: Iterable[str]) -> dict[str, int]:
    """A look for each type: the one that its name asks for, or the next that is free; all hues before a second kind of line.

    Args:
        types: in order of preference, such as a schema's.
    """
    looks: dict[str, int] = {}
    for name in dict.fromkeys(types):
        first = len(looks) // HUES * HUES % LOOKS
        taken = set(looks.values()) if len(looks) < LOOKS else set()
        hues = (first + (_hue(name) + step) % HUES for step in range(HUES))
        looks[name] = next(look for look in hues if look not in taken)
    return looks


def look_of(name: str, looks: Mapping[str, int]) -> int:
    """A type's look; of one that was not given beforehand, the one that its name asks for."""
    return looks.get(name, _hue(name))


def _hue(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "surrogatepass"), _SEED) % HUES
