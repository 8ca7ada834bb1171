"""MRC examples `[CLS] query [SEP] context [SEP]`, expanded lazily.

Windows are tokenised once and queries once; an example is a pair of indices (window, type), and only a batch of pairs is ever
laid out as arrays. Labels are per token: a token is a start (or end) of its type whether or not the window sees the rest of
the entity.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.mrc.windows import Window, clipped, cut_windows
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema

PAIR_RANKS = {"token_ids": 2, "query_lengths": 1, "lengths": 1}
"""What a batch of pairs is made of, int32: token ids (B, L), tokens up to and including the first [SEP] (B,), and all tokens
but the padding (B,)."""

DISTINCT_RANKS = {
    "distinct_queries": 2,
    "distinct_queries_lengths": 1,
    "distinct_contexts": 2,
    "distinct_contexts_lengths": 1,
    "rows": 2,
}
"""What `Examples.batch_by_text` adds to a batch, int32: token ids (T, Lq) of its queries and (W, Lc) of its contexts with their
[SEP], their lengths, and for every pair (B, 2) the row of its query and the row of its context."""


@dataclass(frozen=True, slots=True)
class WindowSize:
    """How texts are cut for a model: see `windows.cut_windows`. Saved with the model."""

    size: int = 254
    overlap: int = 64


@dataclass(frozen=True, slots=True)
class Sharing:
    """How a model reads query and context together (docs/shared-context.md). Saved with the model.

    Attributes:
        modules: K, the number of lower layers in which the context attends to itself only and the query to itself only, so that
            the context's states there are the same for every query.
        context_position: position of the context's first token, whatever the query's length.
    """

    modules: int = 0
    context_position: int = 32


@dataclass(frozen=True, slots=True)
class MatchShape:
    """Shape of the head that matches starts with ends (`heads.MatchHead`). Saved with the model.

    Attributes:
        size: of the projections; even.
        longest: characters of the longest span; taken from the training data.
    """

    size: int = 64
    longest: int = 32

    def __post_init__(self) -> None:
        if self.size < 2 or self.size % 2:
            raise ValueError(f"the size of a match head is even and at least 2. Received: {self.size}")

    @property
    def frequencies(self) -> np.ndarray:
        """Radians a position by which each pair of dimensions turns: (size / 2,) (Su et al., 2021, RoFormer, section 3.2)."""
        return (10000.0 ** (-np.arange(0, self.size, 2) / self.size)).astype(np.float32)


@dataclass(frozen=True)
class Examples:
    """(window, type) pairs of some documents.

    Attributes:
        queries: T arrays of token ids, `[CLS] query [SEP]`.
        contexts: per window, its token ids (without special tokens).
        places: per window, (document index, `Window`).
        spans: per window, its entities as rows (type, start, end) in window offsets, -1 where an end lies outside.
        clipped: entities that no window holds whole.
        silver: bool, per window: its document was not annotated by people.
        asked: bool (windows, T), whether a type is asked of a window, see `Document.annotated`.
    """

    queries: tuple[np.ndarray, ...]
    contexts: tuple[np.ndarray, ...]
    places: tuple[tuple[int, Window], ...]
    spans: tuple[np.ndarray, ...]
    clipped: int
    pad: int
    sep: int
    silver: np.ndarray
    asked: np.ndarray

    def all_pairs(self) -> np.ndarray:
        """Every pair that is asked, window by window: int array (pairs, 2) of (window, type)."""
        return np.argwhere(self.asked)

    def has_entity(self, pairs: np.ndarray) -> np.ndarray:
        """bool (n,): whether a pair's labels are not all zero."""
        present = np.zeros((len(self.contexts), len(self.queries)), bool)
        for window, rows in enumerate(self.spans):
            present[window, rows[:, 0]] = True
        return present[pairs[:, 0], pairs[:, 1]]

    def lengths(self, pairs: np.ndarray) -> np.ndarray:
        """Tokens of each pair's example, special tokens included: int (n,)."""
        contexts = np.array([len(ids) for ids in self.contexts], int)
        queries = np.array([len(ids) for ids in self.queries], int)
        return contexts[pairs[:, 0]] + queries[pairs[:, 1]] + 1

    def batch(self, pairs: np.ndarray) -> dict[str, np.ndarray]:
        """Lays out the model's inputs for some pairs: see `PAIR_RANKS`."""
        lengths = self.lengths(pairs)
        token_ids = np.full((len(pairs), int(lengths.max())), self.pad, np.int32)
        query_lengths = np.array([len(self.queries[kind]) for _, kind in pairs], np.int32)
        for row, (window, kind) in enumerate(pairs):
            query, context = self.queries[kind], self.contexts[window]
            token_ids[row, : len(query)] = query
            token_ids[row, len(query) : len(query) + len(context)] = context
            token_ids[row, len(query) + len(context)] = self.sep
        return {"token_ids": token_ids, "query_lengths": query_lengths, "lengths": lengths.astype(np.int32)}

    def batch_by_text(self, pairs: np.ndarray) -> dict[str, np.ndarray]:
        """`batch`, and the queries and contexts that it is made of, each once: see `DISTINCT_RANKS`."""
        windows, window_rows = np.unique(pairs[:, 0], return_inverse=True)
        kinds, kind_rows = np.unique(pairs[:, 1], return_inverse=True)
        queries, query_lengths = padded([self.queries[kind] for kind in kinds], self.pad)
        contexts, context_lengths = padded([np.append(self.contexts[window], self.sep) for window in windows], self.pad)
        return {
            **self.batch(pairs),
            "distinct_queries": queries,
            "distinct_queries_lengths": query_lengths,
            "distinct_contexts": contexts,
            "distinct_contexts_lengths": context_lengths,
            "rows": np.stack([kind_rows, window_rows], axis=1).astype(np.int32),
        }

    def labels(self, pairs: np.ndarray) -> np.ndarray:
        """float32 (B, L, 2): 1 where a token is the first (0) or last (1) of an entity of the pair's type."""
        labels = np.zeros((len(pairs), int(self.lengths(pairs).max()), 2), np.float32)
        for row, (window, kind) in enumerate(pairs):
            offset = len(self.queries[kind])
            for _, start, end in self.spans[window][self.spans[window][:, 0] == kind]:
                if start >= 0:
                    labels[row, offset + start, 0] = 1.0
                if end >= 0:
                    labels[row, offset + end - 1, 1] = 1.0
        return labels

    def match_labels(self, pairs: np.ndarray) -> np.ndarray:
        """float32 (B, L, L): 1 at (first token, last token) of an entity of the pair's type that the window holds whole."""
        length = int(self.lengths(pairs).max())
        labels = np.zeros((len(pairs), length, length), np.float32)
        for row, (window, kind) in enumerate(pairs):
            offset = len(self.queries[kind])
            for _, start, end in self.spans[window][self.spans[window][:, 0] == kind]:
                if start >= 0 and end >= 0:
                    labels[row, offset + start, offset + end - 1] = 1.0
        return labels


def padded(token_ids: Sequence[np.ndarray], pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids as one int32 array (N, L) filled up with `pad`, and their lengths (N,)."""
    lengths = np.array([len(ids) for ids in token_ids], np.int32)
    filled = np.full((len(token_ids), int(lengths.max())), pad, np.int32)
    for row, ids in enumerate(token_ids):
        filled[row, : len(ids)] = ids
    return filled, lengths


def longest_span(examples: Examples) -> int:
    """Characters of the longest entity that a window holds whole; 1 if there is none."""
    whole = [rows[(rows[:, 1] >= 0) & (rows[:, 2] >= 0)] for rows in examples.spans]
    return max((int((rows[:, 2] - rows[:, 1]).max()) for rows in whole if len(rows)), default=1)


def build_examples(
    documents: Sequence[Document],
    schema: Schema,
    tokenizer: Tokenizer,
    window: WindowSize,
    context_position: int = 32,
    max_positions: int = 512,
) -> Examples:
    """Cuts and tokenises documents.

    Raises:
        DataError: an entity's type is not in the schema.
        UserError: a query reaches the positions of the context, or a window does not fit into `max_positions`.
    """
    queries = tuple(tokenizer.encode_query(item.query) for item in schema.types)
    for item, query in zip(schema.types, queries, strict=True):
        if len(query) > context_position:
            raise UserError(
                f"the query of {item.name} has {len(item.query)} characters; with the context at position "
                f"{context_position} at most {context_position - 2} fit: use a shorter query, or train with a larger "
                f"--context-position"
            )
    last = context_position + window.size + 1
    if last > max_positions:
        raise UserError(
            f"{context_position} positions for the query and a window of {window.size} characters make {last} tokens; "
            f"the encoder has {max_positions} positions: use a smaller --window or a smaller --context-position"
        )
    type_index = {name: i for i, name in enumerate(schema.names)}
    contexts, places, spans = [], [], []
    lost = 0
    for number, document in enumerate(documents):
        for entity in document.entities:
            if entity.type not in type_index:
                raise DataError(
                    f"document {document.id!r} has an entity of type {entity.type!r}, which is not in the schema "
                    f"({', '.join(schema.names)})",
                    hint="add it to the query file, or convert the corpus with the right one",
                )
        cut = cut_windows(document.text, window.size, window.overlap)
        lost += len(clipped(cut, [(entity.start, entity.end) for entity in document.entities]))
        for piece in cut:
            contexts.append(tokenizer.encode(document.text[piece.start : piece.end]))
            places.append((number, piece))
            spans.append(_spans_inside(document, piece, type_index))
    silver = np.array([documents[number].silver for number, _ in places], bool)
    asked = np.ones((len(places), len(queries)), bool)
    for row, (number, _) in enumerate(places):
        if (annotated := documents[number].annotated) is not None:
            asked[row] = [name in annotated for name in schema.names]
    return Examples(
        queries, tuple(contexts), tuple(places), tuple(spans), lost, tokenizer.pad, tokenizer.sep, silver, asked
    )


def _spans_inside(document: Document, piece: Window, type_index: dict[str, int]) -> np.ndarray:
    rows = []
    for entity in document.entities:
        start = entity.start - piece.start if piece.start <= entity.start < piece.end else -1
        end = entity.end - piece.start if piece.start < entity.end <= piece.end else -1
        if start >= 0 or end >= 0:
            rows.append((type_index[entity.type], start, end))
    return np.array(rows, np.int64).reshape(-1, 3)
