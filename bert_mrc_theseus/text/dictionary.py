"""A user's dictionary over what a model finds: terms that are always entities, and terms that never are.

A file has one term a line, `term<TAB>type` or `term<TAB>type<TAB>veto`; `*` vetoes every type; lines that begin with # and
empty lines are comments. Terms are matched exactly, by the Aho-Corasick automaton of `pyahocorasick`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import ahocorasick

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.files.reading import read_lines
from bert_mrc_theseus.text.documents import Document, Entity

SOURCE = "dictionary"
"""What `Entity.source` says of an entity that a dictionary added."""

ANY = "*"

LONGEST_TERM = 1000
"""Characters of a term: more are no name, and the automaton cannot hold a million."""


@dataclass(frozen=True)
class Dictionary:
    """Terms by their text.

    Attributes:
        added: type of each term that is an entity wherever it occurs.
        vetoed: types that a text is not; `ANY` for all.

    Raises:
        UsageError: a term is empty, or longer than `LONGEST_TERM`.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> dictionary = bmt.Dictionary({"华西医院": "ORG"})
        >>> document, added, vetoed = dictionary.apply(bmt.Document("1", "他在华西医院"))
        >>> document.entities, added
        ((Entity(start=2, end=6, type='ORG', score=None, source='dictionary'),), 1)
    """

    added: Mapping[str, str]
    vetoed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        automaton = ahocorasick.Automaton()
        for term in self.added:
            if not 0 < len(term) <= LONGEST_TERM:
                raise UsageError(f"a term has 1 to {LONGEST_TERM:,} characters. Received: {len(term):,}")
            automaton.add_word(term, len(term))
        automaton.make_automaton()
        object.__setattr__(self, "_automaton", automaton)

    def matches(self, text: str) -> list[tuple[int, int]]:
        """Spans of added terms, from left to right: of two that overlap the one that starts first, then the longer."""
        if not self.added:
            return []
        # The automaton gives ends and lengths, sorted by end.
        matched = sorted((end + 1 - size, -size) for end, size in self._automaton.iter(text))  # type: ignore[attr-defined]
        spans: list[tuple[int, int]] = []
        for start, size in matched:
            if not spans or start >= spans[-1][1]:
                spans.append((start, start - size))
        return spans

    def apply(self, document: Document) -> tuple[Document, int, int]:
        """Takes out vetoed entities and puts in added ones, before which those that overlap them give way.

        Returns:
            The document, the number of entities added (marked by `SOURCE`; those found anyway are not counted), and the number
            vetoed.
        """
        kept = [entity for entity in document.entities if not self._vetoes(document.text_of(entity), entity.type)]
        vetoed = len(document.entities) - len(kept)
        spans = self.matches(document.text)
        terms = [Entity(start, end, self.added[document.text[start:end]], source=SOURCE) for start, end in spans]
        known = set(kept)
        added = [entity for entity in terms if entity not in known]
        kept = [entity for entity in kept if not any(e.start < entity.end and entity.start < e.end for e in added)]
        return replace(document, entities=(*kept, *added)), len(added), vetoed

    def correct(self, documents: Iterable[Document], counts: Counter[str]) -> Iterator[Document]:
        """Applies the dictionary to documents one by one, and counts what was "added" and "vetoed"."""
        for document in documents:
            document, added, vetoed = self.apply(document)
            counts.update(added=added, vetoed=vetoed)
            yield document

    def _vetoes(self, text: str, kind: str) -> bool:
        types = self.vetoed.get(text, frozenset())
        return kind in types or ANY in types


def read_dictionary(path: str | Path) -> Dictionary:
    """Reads a dictionary file.

    Raises:
        DataError: a line is not of the form above, its term is longer than `LONGEST_TERM`, or other lines say
            something else of it.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> written = open("terms.tsv", "w", encoding="utf-8").write("华西医院\\tORG\\n科技\\tORG\\tveto\\n")
        >>> bmt.read_dictionary("terms.tsv").added
        {'华西医院': 'ORG'}
    """
    added: dict[str, str] = {}
    vetoed: dict[str, frozenset[str]] = {}
    for number, line in read_lines(path):
        if not line.strip() or line.startswith("#"):
            continue
        term, *rest = (part.strip() for part in line.split("\t"))
        if not term or not rest or not rest[0] or rest[1:] not in ([], ["veto"]):
            raise DataError(
                f"not a dictionary line: {line[:60]!r}", path, number, "term<TAB>type or term<TAB>type<TAB>veto"
            )
        if len(term) > LONGEST_TERM:
            raise DataError(f"a term of {len(term):,} characters: it has at most {LONGEST_TERM:,}", path, number)
        if rest[1:]:
            vetoed[term] = vetoed.get(term, frozenset()) | {rest[0]}
        elif rest[0] == ANY:
            raise DataError(f"{term!r} needs a type: only a veto can be for all types", path, number)
        elif added.setdefault(term, rest[0]) != rest[0]:
            raise DataError(f"{term!r} has the types {added[term]} and {rest[0]}", path, number)
        if added.get(term) in vetoed.get(term, ()) or (term in added and ANY in vetoed.get(term, ())):
            raise DataError(f"{term!r} is both added and vetoed", path, number, "leave out one of the two lines")
    return Dictionary(added, vetoed)
