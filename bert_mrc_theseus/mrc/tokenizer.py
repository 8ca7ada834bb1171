"""One token per code point, so that spans over tokens are spans over characters; and the words that a model reads with them.

A code point is looked up in the vocabulary as it is, then in the forms a vocabulary may know it under: lower case, NFKC
(full width -> half width), both, and without its accents. Nothing is stripped: every character, spaces included, keeps its
position.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.mrc.batch_types import Tokens
from bert_mrc_theseus.mrc.lexicon import Lexicon, Matches, features_of
from bert_mrc_theseus.mrc.segmentation import Segmenter

PAD, UNK, CLS, SEP = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
SPACE = "[SPACE]"
"""Entry for white space, in vocabularies that have one; ordinary BERT vocabularies read it as [UNK]."""


LONGEST_PLACE = 7
"""Places in a piece, and lengths of pieces, are counted up to it."""

PLACES = (LONGEST_PLACE + 1) ** 2


class Words(NamedTuple):
    """What a model reads of a text beside its characters.

    Attributes:
        segmenter: cuts it into pieces.
        lexicon: words in it are features of its characters; None: there are no such features.
        added: words that are features as if all sources of the lexicon had them; of one source.
    """

    segmenter: Segmenter
    lexicon: Lexicon | None = None
    added: Lexicon | None = None


class Tokenizer:
    """Maps text to token ids.

    Args:
        vocab: one entry a row, as in a BERT vocab.txt.
        words: what is read beside characters; None: nothing.

    Raises:
        ModelError: a special token is missing from the vocabulary.
    """

    def __init__(self, vocab: Sequence[str], words: Words | None = None):
        self.vocab, self.words = tuple(vocab), words
        self._ids = {entry: row for row, entry in enumerate(self.vocab)}
        missing = [token for token in (PAD, UNK, CLS, SEP) if token not in self._ids]
        if missing:
            raise ModelError(f"the vocabulary lacks {', '.join(missing)}: is it a BERT vocab.txt?")
        self.pad, self.unk, self.cls, self.sep = (self._ids[token] for token in (PAD, UNK, CLS, SEP))
        self._cache: dict[str, int] = {}

    def encode(self, text: str, matches: Matches | None = None) -> Tokens:
        """The tokens of a text, one a code point: fields of shape (len(text), ...).

        Args:
            text: whole: pieces and words at a cut may be others.
            matches: words of the lexicon in the text, if they are known already, or not all of them count.
        """
        cache = self._cache
        ids = np.fromiter((cache[c] if c in cache else self._look_up(c) for c in text), np.int32, len(text))
        if self.words is None:
            return Tokens(ids)
        found = self.words.segmenter(text)
        return Tokens(ids, found.rows, place(found.offsets, found.lengths), self._lexicon_features(text, matches))

    def special(self, *ids: int) -> Tokens:
        """Special tokens, such as `tokenizer.sep`: fields of shape (len(ids), ...)."""
        rows = np.array(ids, np.int32)
        if self.words is None:
            return Tokens(rows)
        ones = np.ones(len(ids), np.int32)
        return Tokens(rows, -ones, place(0 * ones, ones), np.zeros((len(ids), self._sources), np.int32))

    @property
    def _sources(self) -> int:
        lexicon = None if self.words is None else self.words.lexicon
        return 0 if lexicon is None else len(lexicon.sources)

    def _lexicon_features(self, text: str, matches: Matches | None) -> np.ndarray:
        if self.words is None or self.words.lexicon is None:
            return np.zeros((len(text), 0), np.int32)
        features = features_of(self.words.lexicon.matches(text) if matches is None else matches, len(text))
        if self.words.added is not None:
            features |= features_of(self.words.added.matches(text), len(text))
        return features

    def _look_up(self, char: str) -> int:
        row = next((self._ids[form] for form in _forms(char) if form in self._ids), self.unk)
        self._cache[char] = row
        return row


def part(tokens: Tokens, start: int, end: int) -> Tokens:
    """The tokens of a text from `start` to `end`."""
    return Tokens(*(None if field is None else field[start:end] for field in tokens))


def place(offsets: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Places in pieces as one number less than `PLACES`: int32 (L,), from `Segmentation.offsets` and `.lengths`."""
    return (np.minimum(offsets, LONGEST_PLACE) * (LONGEST_PLACE + 1) + np.minimum(lengths, LONGEST_PLACE)).astype(
        np.int32
    )


def _forms(char: str) -> Iterator[str]:
    yield char
    if char.isspace():
        yield SPACE
        return
    yield char.lower()
    compatible = unicodedata.normalize("NFKC", char)
    yield compatible
    yield compatible.lower()
    yield unicodedata.normalize("NFD", compatible.lower())[:1]
