"""A grammar whose sentences are annotated: rules for names and words, and sentence frames.

A file of rules has `symbol = alternative | alternative`, or `symbol: word word word`; a line that begins with a blank goes on
with the one before it, and `#` begins a comment. `symbol/TYPE` makes what the symbol stands for an entity. What may stand in
alternatives and in frames, a line each, says `phrases`.

Entities are flat: of a symbol with a type inside another one, only the outer one is an entity.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from bert_mrc_theseus.preprocess.generation.phrases import (
    Choice,
    Literal,
    Phrase,
    Reference,
    parse_alternatives,
    parse_phrase,
    references,
)

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.reading import read_lines
from bert_mrc_theseus.text.documents import Document, Entity

RULES = "*.txt"
"""Files of rules in the folder of a grammar."""

FRAMES = "frames"
"""The folder of frames in it, a file a genre."""

REDRAWS = 20
"""A name that stands in the sentence already is drawn again at most so often."""

_RULE = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(?:/(?P<type>[A-Z]+))?\s*(?P<kind>[=:])\s*(?P<body>.*)$")


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a symbol may stand for, each alternative as likely as the others, and the type of entity that it is, if any."""

    alternatives: tuple[Phrase, ...]
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence frame.

    Attributes:
        id: genre and line.
        source: as it is written.
    """

    id: str
    genre: str
    source: str
    phrase: Phrase


@dataclass(frozen=True)
class Grammar:
    """Symbols by name, and frames."""

    symbols: Mapping[str, Symbol]
    frames: tuple[Frame, ...]

    def with_names(self, names: Mapping[str, Iterable[str]]) -> "Grammar":
        """A copy in which symbols have further alternatives.

        Args:
            names: by symbol; marks of the grammar in them are text.
        """
        symbols = dict(self.symbols)
        for name, texts in names.items():
            old = symbols[name]
            symbols[name] = replace(old, alternatives=(*old.alternatives, *((text,) for text in texts)))
        return replace(self, symbols=symbols)

    def sentence(self, frame: Frame, name: str, rng: np.random.Generator) -> Document:
        """One sentence of a frame; its genre and frame are further fields of the document."""
        text, entities = "", []
        for part, kind in _Expansion(self.symbols, rng).of(frame.phrase):
            if kind is not None:
                entities.append(Entity(len(text), len(text) + len(part), kind))
            text += part
        return Document(name, text, tuple(entities), rest={"genre": frame.genre, "frame": frame.id})


@dataclass
class _Expansion:
    """Of one sentence: what its labels stand for, and the names that are in it."""

    symbols: Mapping[str, Symbol]
    rng: np.random.Generator
    labelled: dict[Reference, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def of(self, phrase: Phrase) -> Iterator[tuple[str, str | None]]:
        """Texts, each with its entity type or None."""
        for part in phrase:
            if isinstance(part, str):
                yield part, None
            elif isinstance(part, Literal):
                self.used.add(part.text)
                yield part.text, part.type
            elif isinstance(part, Choice):
                yield from self.of(self.one_of(part.alternatives))
            elif (kind := self.symbols[part.symbol].type) is not None:
                yield self.name(part), kind
            else:
                yield from self.of(self.one_of(self.symbols[part.symbol].alternatives))

    def name(self, reference: Reference) -> str:
        """The text of a symbol that is an entity, another one than those that are in the sentence."""
        if reference.label and reference in self.labelled:
            return self.labelled[reference]
        alternatives = self.symbols[reference.symbol].alternatives
        for _ in range(REDRAWS):
            inside = _Expansion(self.symbols, self.rng)
            text = "".join(part for part, _ in inside.of(self.one_of(alternatives)))
            if text not in self.used:
                break
        self.used.add(text)
        self.labelled[reference] = text
        return text

    def one_of(self, alternatives: Sequence[Phrase]) -> Phrase:
        return alternatives[int(self.rng.integers(len(alternatives)))]


def read_grammar(folder: str | Path) -> Grammar:
    """Reads all files of rules and of frames in a folder.

    Raises:
        DataError: a line is not of the form that it should have, a symbol is not known, made twice, or made of itself.
    """
    folder = Path(folder)
    symbols: dict[str, Symbol] = {}
    places: dict[str, tuple[Path, int]] = {}
    for path in sorted(folder.glob(RULES)):
        for number, line in _rules(path):
            name, symbol = _rule(line, path, number)
            if name in symbols:
                raise DataError(f"the symbol {name} is made twice", path, number)
            symbols[name], places[name] = symbol, (path, number)
    frames = []
    for path in sorted((folder / FRAMES).glob(RULES)):
        for number, line in _lines(path):
            frames.append(Frame(f"{path.stem}-{number}", path.stem, line, parse_phrase(line, path, number)))
            _check_known(frames[-1].phrase, symbols, path, number)
    for name, symbol in symbols.items():
        for phrase in symbol.alternatives:
            _check_known(phrase, symbols, *places[name])
    _check_no_circle(symbols, places)
    return Grammar(symbols, tuple(frames))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in read_lines(path):
        line = line.rstrip()
        if line and not line.startswith("#"):
            yield number, line


def _rules(path: Path) -> Iterator[tuple[int, str]]:
    """Lines, each with those that go on with it."""
    number, whole = 0, ""
    for here, line in _lines(path):
        if whole and line[0] == " ":
            whole += " " + line.lstrip()
        else:
            if whole:
                yield number, whole
            number, whole = here, line
    if whole:
        yield number, whole


def _rule(line: str, path: Path, number: int) -> tuple[str, Symbol]:
    match = _RULE.match(line)
    if match is None:
        raise DataError(f"not a rule: {line[:60]!r}", path, number, "symbol = alternative | alternative")
    if match["kind"] == ":":
        alternatives: tuple[Phrase, ...] = tuple((word,) for word in match["body"].split())
    else:
        alternatives = parse_alternatives(match["body"], path, number)
    if not alternatives or (match["type"] and () in alternatives):
        raise DataError(f"the symbol {match['name']} may stand for nothing", path, number)
    return match["name"], Symbol(alternatives, match["type"])


def _check_known(phrase: Phrase, symbols: Mapping[str, Symbol], path: Path, number: int) -> None:
    for name in references(phrase):
        if name not in symbols:
            raise DataError(f"there is no symbol {name}", path, number)


def _check_no_circle(symbols: Mapping[str, Symbol], places: Mapping[str, tuple[Path, int]]) -> None:
    arrows = {
        name: {target for phrase in symbol.alternatives for target in references(phrase)}
        for name, symbol in symbols.items()
    }
    # Symbols that stand for text alone are taken away, until those of circles, and what is made of them, are left.
    while free := [name for name, targets in arrows.items() if not targets & arrows.keys()]:
        for name in free:
            del arrows[name]
    if arrows:
        name = min(arrows)
        raise DataError(f"the symbol {name} is made of itself", *places[name])
