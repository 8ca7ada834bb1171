"""Words of lexicons in a text, as features of its characters: what begins, goes on and ends there, by source and class.

All words of a source that occur count, however they overlap (as in SoftLexicon: Ma et al., 2020): the model sees what might be
a word, and decides. The words of all sources lie in one trie (`marisa-trie`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import marisa_trie
import numpy as np

from bert_mrc_theseus.mrc.normalisation import normalised
from bert_mrc_theseus.mrc.windows import SENTENCE_ENDS
from bert_mrc_theseus.text.word_lists import CLASSES, LONGEST, WordList

BORDERS = "BMES"
"""A character is the first of a word, inside, the last, or a word of its own."""

BITS = len(CLASSES) * len(BORDERS)
"""Features of a character by one source: bit 4 * class + border is whether it has that border in a word of that class."""

_BEGIN, _MIDDLE, _END, _SINGLE = range(len(BORDERS))

# For each set of classes, as in `Matches.classes`, their features with border B; those with other borders lie beside them.
_CLASS_BITS = np.array(
    [
        sum(1 << len(BORDERS) * kind for kind in range(len(CLASSES)) if kinds >> kind & 1)
        for kinds in range(1 << len(CLASSES))
    ],
    np.int32,
)


class Matches(NamedTuple):
    """The M words that occur in a text, by start, then by length.

    Attributes:
        starts: int32 (M,), of the first character.
        lengths: int32 (M,), in characters.
        words: int32 (M,), which word of the lexicon it is.
        classes: uint8 (M, S), classes of the word by each of the S sources, a bit each; 0: the source lacks it.
    """

    starts: np.ndarray
    lengths: np.ndarray
    words: np.ndarray
    classes: np.ndarray

    def only(self, kept: np.ndarray) -> "Matches":
        """Those where the mask (M,) is true."""
        return Matches(*(field[kept] for field in self))


@dataclass(frozen=True)
class LexiconSource:
    """What is known of a source but its words.

    Attributes:
        name: of it; unique.
        notice: whose its words are and under which licence.
        words: how many there are.
        left_out: words that are not in the lexicon, since they are too long or hold a sentence end.
    """

    name: str
    notice: str
    words: int
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words of S sources. Two are equal if they have the same words, classes and sources.

    Attributes:
        sources: in the order of the features.
        trie: all words.
        classes: uint8 (words, S), see `Matches.classes`; a row is a word's number in the trie.

    Raises:
        ValueError: the classes do not fit the words and the sources, or two sources have the same name.

    Example:
        >>> from bert_mrc_theseus.mrc.lexicon import build_lexicon
        >>> from bert_mrc_theseus.text.word_lists import PLACE, WORD, WordList
        >>> lexicon = build_lexicon([WordList("mine", "", {"北京": 1 << PLACE, "北京大学": 1 << PLACE, "大学": 1 << WORD})])
        >>> matches = lexicon.matches("在北京大学")
        >>> matches.starts.tolist(), matches.lengths.tolist()
        ([1, 1, 3], [2, 4, 2])
    """

    sources: tuple[LexiconSource, ...]
    trie: marisa_trie.Trie
    classes: np.ndarray

    def __post_init__(self) -> None:
        if self.classes.shape != (len(self.trie), len(self.sources)) or self.classes.dtype != np.uint8:
            raise ValueError(
                f"classes {self.classes.dtype} {self.classes.shape} do not fit {len(self.trie)} words of "
                f"{len(self.sources)} sources"
            )
        if len({source.name for source in self.sources}) != len(self.sources):
            raise ValueError(f"sources with the same name: {', '.join(source.name for source in self.sources)}")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Lexicon)
            and self.sources == other.sources
            and np.array_equal(self.classes, other.classes)
            and self.trie == other.trie
        )

    def __hash__(self) -> int:
        return hash(self.sources)

    def matches(self, text: str) -> Matches:
        """All words that occur in a text, overlaps and all.

        Args:
            text: any.
        """
        text, find = normalised(text), self.trie.iter_prefixes_with_ids
        found = [
            (start, len(word), number)
            for start in range(len(text))
            for word, number in find(text[start : start + LONGEST])
        ]
        starts, lengths, words = np.array(found, np.int32).reshape(-1, 3).T
        return Matches(starts, lengths, words, self.classes[words])


def build_lexicon(lists: Sequence[WordList]) -> Lexicon:
    """A lexicon of some lists, a source each; equal lists make equal lexicons.

    Words that hold a sentence end before their last character are left out: a long document may be cut there, see
    `windows.cut_windows`, and what is found must not depend on it.

    Args:
        lists: with different names.
    """
    plain = [_usable_words(words.words) for words in lists]
    trie = marisa_trie.Trie(sorted(set().union(*(own for own, _ in plain))))
    classes = np.zeros((len(trie), len(lists)), np.uint8)
    for column, (own, _) in enumerate(plain):
        for word, kinds in own.items():
            classes[trie[word], column] = kinds
    sources = (
        LexiconSource(words.name, words.notice, len(own), words.left_out + dropped)
        for words, (own, dropped) in zip(lists, plain, strict=True)
    )
    return Lexicon(tuple(sources), trie, classes)


def features_of(matches: Matches, size: int) -> np.ndarray:
    """Features of a text's characters, of which those of a window are a slice.

    Args:
        matches: words in the text.
        size: characters of the text.

    Returns:
        int32 (size, S), of each source `BITS` bits, see there.
    """
    # One entry for each character of each word, word after word.
    starts, lengths = matches.starts, matches.lengths
    word = np.repeat(np.arange(len(starts)), lengths)
    first = np.cumsum(lengths) - lengths
    border = np.full(len(word), _MIDDLE, np.int32)
    border[first], border[first + lengths - 1] = _BEGIN, _END
    border[first[lengths == 1]] = _SINGLE
    features = np.zeros((size, matches.classes.shape[1]), np.int32)
    rows = np.arange(len(word)) + (starts - first)[word]
    np.bitwise_or.at(features, rows, _CLASS_BITS[matches.classes][word] << border[:, None])
    return features


def _usable_words(words: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """Words in the form in which they are looked up, and how many are left out."""
    usable: dict[str, int] = {}
    dropped = 0
    for word, kinds in words.items():
        word = normalised(word)
        if SENTENCE_ENDS.isdisjoint(word[:-1]):
            usable[word] = usable.get(word, 0) | kinds
        else:
            dropped += 1
    return usable, dropped
