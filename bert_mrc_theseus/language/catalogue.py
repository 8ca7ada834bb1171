"""Chinese messages by their English: JSON files, each read when it is first needed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

HOLE = "{}"
"""Stands in an English message for what it is filled with; in Chinese `{0}`, `{1}` ... where the order is another."""


@dataclass(frozen=True)
class Template:
    """A message with holes, and its translation.

    Attributes:
        english, chinese: see `HOLE`.
    """

    english: str
    chinese: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches what the English message becomes when it is filled."""
        return re.compile("(.*?)".join(map(re.escape, self.parts)), re.DOTALL)

    @cached_property
    def parts(self) -> list[str]:
        """What stands between the holes."""
        return self.english.split(HOLE)

    @cached_property
    def letters(self) -> int:
        """How many letters it has, holes apart."""
        return sum(map(str.isalpha, "".join(self.parts)))

    @cached_property
    def longest(self) -> str:
        """The longest part: a message without it is another one."""
        return max(self.parts, key=len)


@dataclass(frozen=True)
class Catalogue:
    """Messages of one file.

    Attributes:
        whole: translations of messages without holes.
        templates: messages with holes; those that say more come first.
    """

    whole: Mapping[str, str]
    templates: tuple[Template, ...]


@cache
def catalogue(name: str) -> Catalogue:
    """The catalogue of a name: "help" or "messages"."""
    found = read(name)
    templates = [Template(english, chinese) for english, chinese in found.items() if HOLE in english]
    templates.sort(key=lambda item: sum(map(len, item.parts)), reverse=True)
    return Catalogue({english: chinese for english, chinese in found.items() if HOLE not in english}, tuple(templates))


def read(name: str) -> dict[str, str]:
    """English and Chinese of a catalogue, as its file has them; its sections are for those who read it."""
    sections = json.loads(Path(__file__).with_name(f"zh_{name}.json").read_text(encoding="utf-8"))
    return {english: chinese for section in sections.values() for english, chinese in section.items()}
