"""Names of files for documents: legal on Linux, Windows and macOS, and no two the same on any of them."""

import re
import unicodedata

LONGEST = 120
"""Bytes of a name in UTF-8, suffix included; file systems hold 255."""

_ILLEGAL = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff<>:"/\\|?*]')
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])( *\.|$)", re.IGNORECASE)
_BORDER = "._ \t\u3000"
"""Not at the beginning of a name, where a dot hides a file, nor at its end, where Windows drops dots and blanks."""


class FileNames:
    """Gives each document's id a name of its own.

    Args:
        longest_suffix: the longest of the suffixes that are put behind a name.
    """

    def __init__(self, longest_suffix: str):
        self._room = LONGEST - len(longest_suffix.encode())
        self._taken: dict[str, int] = {}

    def name_for(self, id: str) -> str:
        """A name that was not given before, in whatever case: the id if it can be one, else what is left of it.

        Characters that some system forbids become `_`; of a long id the end is kept, which tells lines of a file apart; and a
        number follows what is there already.
        """
        stem = _ILLEGAL.sub("_", id).lstrip(_BORDER).rstrip(". \t\u3000")
        stem = _end_of(stem, self._room).lstrip(_BORDER) or "document"
        if _RESERVED.match(stem):
            stem = _end_of(f"_{stem}", self._room)
        name, number = stem, self._taken.get(_folded(stem), 0)
        while number and _folded(name) in self._taken:
            number += 1
            name = _end_of(stem, self._room - len(f"-{number}")) + f"-{number}"
        self._taken[_folded(stem)] = max(number, 1)
        self._taken.setdefault(_folded(name), 1)
        return name


def _end_of(text: str, size: int) -> str:
    """The last characters of a text, of at most so many bytes in UTF-8."""
    return text.encode()[-size:].decode(errors="ignore")


def _folded(name: str) -> str:
    """The same for all names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
