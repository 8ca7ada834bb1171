"""What frames and alternatives of a grammar are made of: text, symbols, entities and choices.

In a line there may stand, with text between:

    <symbol>            what the symbol stands for; <symbol#1> stands for the same everywhere in the sentence
    <TYPE:text>         this entity
    {some|others|}      one of these, here perhaps nothing
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bert_mrc_theseus.errors import DataError

_MARKS = re.compile(r"[<>{}|]")
_SYMBOL = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(?P<label>#\d+)?$")
_LITERAL = re.compile(r"(?P<type>[A-Z]+):(?P<text>.+)$")


@dataclass(frozen=True, slots=True)
class Reference:
    """`<symbol>` or `<symbol#1>`; the label of the first is empty."""

    symbol: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Literal:
    """`<TYPE:text>`."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """`{some|others}`."""

    alternatives: tuple["Phrase", ...]


Phrase = tuple[str | Reference | Literal | Choice, ...]
"""What stands one after the other."""


def parse_phrase(text: str, path: str | Path, number: int) -> Phrase:
    """Reads a frame.

    Raises:
        DataError: a symbol, a type or a brace is not written as it should be.
    """
    return _Reader(text, path, number).phrase(ends="")


def parse_alternatives(text: str, path: str | Path, number: int) -> tuple[Phrase, ...]:
    """Reads phrases with | between them, without the blanks around each.

    Raises:
        DataError: see `parse_phrase`.
    """
    return tuple(_stripped(phrase) for phrase in _Reader(text, path, number).alternatives(ends=""))


def literal_parts(phrase: Phrase) -> Iterator[str]:
    """Its texts that are the same in all sentences, or in those with one of its alternatives."""
    for part in phrase:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Choice):
            for alternative in part.alternatives:
                yield from literal_parts(alternative)


def references(phrase: Phrase) -> Iterator[str]:
    """The symbols in it."""
    for part in phrase:
        if isinstance(part, Reference):
            yield part.symbol
        elif isinstance(part, Choice):
            for alternative in part.alternatives:
                yield from references(alternative)


@dataclass
class _Reader:
    """Of one line."""

    text: str
    path: str | Path
    number: int
    position: int = 0

    def phrase(self, ends: str) -> Phrase:
        """Up to one of these characters, or to the end of the line."""
        parts: list[str | Reference | Literal | Choice] = []
        while self.position < len(self.text) and (mark := self.text[self.position]) not in ends:
            if mark == "<":
                parts.append(self.angle())
            elif mark == "{":
                self.position += 1
                parts.append(Choice(self.alternatives(ends="}")))
                if self.position == len(self.text):
                    raise self.error("a brace is not closed")
                self.position += 1
            elif mark in ">|}":
                raise self.error(f"{mark} stands alone")
            else:
                end = _MARKS.search(self.text, self.position)
                start, self.position = self.position, end.start() if end else len(self.text)
                parts.append(self.text[start : self.position])
        return tuple(parts)

    def alternatives(self, ends: str) -> tuple[Phrase, ...]:
        """Phrases with | between them."""
        found = [self.phrase("|" + ends)]
        while self.text[self.position : self.position + 1] == "|":
            self.position += 1
            found.append(self.phrase("|" + ends))
        return tuple(found)

    def angle(self) -> Reference | Literal:
        """What stands in angle brackets."""
        inside, bracket, _ = self.text[self.position + 1 :].partition(">")
        if bracket and (match := _SYMBOL.match(inside)):
            made: Reference | Literal = Reference(match["name"], match["label"] or "")
        elif bracket and (match := _LITERAL.match(inside)):
            made = Literal(match["type"], match["text"])
        else:
            raise self.error(f"<{inside[:20]} is neither <symbol> nor <TYPE:text>")
        self.position += len(inside) + 2
        return made

    def error(self, problem: str) -> DataError:
        return DataError(problem, self.path, self.number)


def _stripped(phrase: Phrase) -> Phrase:
    """Without blanks around it."""
    parts = list(phrase)
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].lstrip(" ")
    if parts and isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip(" ")
    return tuple(part for part in parts if part != "")
