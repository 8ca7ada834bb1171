"""One token per code point, so that spans over tokens are spans over characters.

A code point is looked up in the vocabulary as it is, then in the forms a vocabulary may know it under: lower case, NFKC
(full width -> half width), both, and without its accents. Nothing is stripped: every character, spaces included, keeps its
position.
"""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.mrc.batch_types import Tokens

PAD, UNK, CLS, SEP = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
SPACE = "[SPACE]"
"""Entry for white space, in vocabularies that have one; ordinary BERT vocabularies read it as [UNK]."""


class Tokenizer:
    """Maps text to token ids.

    Args:
        vocab: one entry a row, as in a BERT vocab.txt.

    Raises:
        ModelError: a special token is missing from the vocabulary.
    """

    def __init__(self, vocab: Sequence[str]):
        self.vocab = tuple(vocab)
        self._ids = {entry: row for row, entry in enumerate(self.vocab)}
        missing = [token for token in (PAD, UNK, CLS, SEP) if token not in self._ids]
        if missing:
            raise ModelError(f"the vocabulary lacks {', '.join(missing)}: is it a BERT vocab.txt?")
        self.pad, self.unk, self.cls, self.sep = (self._ids[token] for token in (PAD, UNK, CLS, SEP))
        self._cache: dict[str, int] = {}

    def encode(self, text: str) -> Tokens:
        """The tokens of a text, one a code point: fields of shape (len(text),)."""
        cache = self._cache
        return Tokens(np.fromiter((cache[c] if c in cache else self._look_up(c) for c in text), np.int32, len(text)))

    def special(self, *ids: int) -> Tokens:
        """Special tokens, such as `tokenizer.sep`: fields of shape (len(ids),)."""
        return Tokens(np.array(ids, np.int32))

    def _look_up(self, char: str) -> int:
        row = next((self._ids[form] for form in _forms(char) if form in self._ids), self.unk)
        self._cache[char] = row
        return row


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
