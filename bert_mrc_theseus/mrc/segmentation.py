"""A text cut into the pieces of a SentencePiece vocabulary, by the Unigram model of `tokenizers` (Kudo, 2018).

Characters that stand in no piece of several characters end a run; each run is cut on its own, into the pieces whose scores have
the largest sum. A text's segmentation is therefore that of any of its parts that begin and end with such characters (white
space, punctuation), whatever stands around them.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bert_mrc_theseus.mrc.normalisation import normalised

UNKNOWN_PENALTY = 10.0
"""A character that is no piece itself scores so much less than the worst piece, as in SentencePiece."""

RUNS = 4096
"""Runs that are cut in one call, so that memory for what the library returns does not grow with the text."""


class Segmentation(NamedTuple):
    """Which piece covers each of a text's L code points; a slice of every field is that of a window.

    Attributes:
        rows: int32 (L,), which of the pieces of several characters it is, -1 where a character stands alone.
        offsets: int32 (L,), the character's place in its piece, from 0.
        lengths: int32 (L,), characters of its piece.
        numbers: int32 (L,), number of its piece in the text, from 0.
    """

    rows: np.ndarray
    offsets: np.ndarray
    lengths: np.ndarray
    numbers: np.ndarray


class Segmenter:
    """Cuts texts into pieces.

    Of several best segmentations of a run it is the one whose last piece is the longest, and so on towards its beginning.

    Args:
        entries: the pieces; those of several characters come first, in the order of `Segmentation.rows`. They hold no white
            space and are in the form that `normalised` gives. Single characters matter where they stand in one of those.
        scores: (len(entries),), log probabilities.
    """

    def __init__(self, entries: Sequence[str], scores: np.ndarray):
        words = sum(len(entry) > 1 for entry in entries)
        alphabet = sorted(set("".join(entries[:words])))
        known = set(entries)
        unknown = [char for char in alphabet if char not in known]
        self._rows = np.array([*range(words), *[-1] * (len(entries) + len(unknown) - words)], np.int32)
        self._lengths = np.array([*map(len, entries), *(1 for _ in unknown)], np.int32)
        self._runs = re.compile(f"[{re.escape(''.join(alphabet))}]+") if alphabet else None
        if alphabet:
            # Imported here, since not every model has pieces.
            from tokenizers import Tokenizer
            from tokenizers.models import Unigram

            worst = float(scores.min()) - UNKNOWN_PENALTY
            vocabulary = [*zip(entries, scores.tolist(), strict=True), *((char, worst) for char in unknown)]
            self._unigram = Tokenizer(Unigram(vocabulary))

    def __call__(self, text: str) -> Segmentation:
        """The pieces of a text, in time and memory that grow with its length alone.

        Args:
            text: any text, whole: the piece at a cut of a part may be another.
        """
        size = len(text)
        rows, offsets = np.full(size, -1, np.int32), np.zeros(size, np.int32)
        lengths = np.ones(size, np.int32)
        if self._runs is not None:
            plain = normalised(text)
            spans = np.array([match.span() for match in self._runs.finditer(plain)], np.int64).reshape(-1, 2)
            ids = self._ids([plain[start:end] for start, end in spans.tolist()])
            # Positions in runs, one run after the other, and there the piece of each.
            edges = np.zeros(size + 1, np.int8)
            edges[spans[:, 0]], edges[spans[:, 1]] = 1, -1
            positions = np.flatnonzero(np.cumsum(edges[:-1], dtype=np.int8))
            covered = self._lengths[ids]
            starts = np.cumsum(covered) - covered
            rows[positions] = np.repeat(self._rows[ids], covered)
            offsets[positions] = np.arange(len(positions)) - np.repeat(starts, covered)
            lengths[positions] = np.repeat(covered, covered)
        return Segmentation(rows, offsets, lengths, np.cumsum(offsets == 0, dtype=np.int32) - 1)

    def _ids(self, runs: list[str]) -> np.ndarray:
        """int32, entries of the pieces of all runs, one after the other; they cover every character."""
        parts = [np.zeros(0, np.int32)]
        for start in range(0, len(runs), RUNS):
            encoded = self._unigram.encode(runs[start : start + RUNS], is_pretokenized=True, add_special_tokens=False)
            parts.append(np.array(encoded.ids, np.int32))
        return np.concatenate(parts)
