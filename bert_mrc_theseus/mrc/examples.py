"""MRC examples `[CLS] query [SEP] context [SEP]`, expanded lazily.

Windows are tokenised once and queries once; an example is a pair of indices (window, type), and only a batch of pairs is ever
laid out as arrays (`collate`). Labels are per token: a token is a start (or end) of its type whether or not the window sees the
rest of the entity.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.mrc.batch_types import Tokens, joined
from bert_mrc_theseus.mrc.lexicon import Matches
from bert_mrc_theseus.mrc.tokenizer import Tokenizer, part
from bert_mrc_theseus.mrc.windows import Window, WindowSize, clipped, cut_windows
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


class InLexicon(NamedTuple):
    """What a lexicon knows in a text.

    Attributes:
        matches: its words.
        entities: (start, end) of the text's entities.
        size: characters of the text.
    """

    matches: Matches
    entities: tuple[tuple[int, int], ...]
    size: int


@dataclass(frozen=True)
class Examples:
    """(window, type) pairs of some documents.

    Attributes:
        queries: tokens of the T queries, `[CLS] query [SEP]`.
        contexts: tokens of each window, without special tokens.
        window_of: per window, (document index, `Window`).
        spans: per window, its entities as rows (type, start, end) in window offsets, -1 where an end lies outside.
        clipped: entities that no window holds whole.
        pad, cls, sep: the one token that fills rows up, that begins a text which is read alone, and that ends a context.
        silver: bool (N,): a window's document was not annotated by people.
        is_asked: bool (N, T), whether a type is asked of a window, see `Document.annotated`.
        apart: the model reads queries and contexts apart, in a `TextBatch`.
        in_lexicon: of each document, for training: what a lexicon knows in its text.
    """

    queries: tuple[Tokens, ...]
    contexts: tuple[Tokens, ...]
    window_of: tuple[tuple[int, Window], ...]
    spans: tuple[np.ndarray, ...]
    clipped: int
    pad: Tokens
    cls: Tokens
    sep: Tokens
    silver: np.ndarray
    is_asked: np.ndarray
    apart: bool = False
    in_lexicon: tuple["InLexicon", ...] = ()

    @property
    def has_words(self) -> bool:
        """Whether the tokens have what a model with words reads."""
        return self.sep.pieces is not None

    def all_pairs(self) -> np.ndarray:
        """Every pair that is asked, window by window: int array (pairs, 2) of (window, type)."""
        return np.argwhere(self.is_asked)

    def has_entity(self, pairs: np.ndarray) -> np.ndarray:
        """bool (n,): whether a pair's labels are not all zero."""
        present = np.zeros((len(self.contexts), len(self.queries)), bool)
        for window, rows in enumerate(self.spans):
            present[window, rows[:, 0]] = True
        return present[pairs[:, 0], pairs[:, 1]]

    def context_lengths(self, windows: np.ndarray) -> np.ndarray:
        """Tokens of some windows, each with [CLS] and [SEP]: int (n,)."""
        return np.array([len(self.contexts[window].ids) + 2 for window in windows], int)

    def lengths(self, pairs: np.ndarray) -> np.ndarray:
        """Tokens of each pair's example, special tokens included: int (n,)."""
        contexts = np.array([len(tokens.ids) for tokens in self.contexts], int)
        queries = np.array([len(tokens.ids) for tokens in self.queries], int)
        return contexts[pairs[:, 0]] + queries[pairs[:, 1]] + 1


def joined_windows(parts: Sequence[tuple[Examples, Sequence[int]]]) -> Examples:
    """Some windows of several examples that ask the same queries, as one: what an engine can answer at once.

    Args:
        parts: examples, and which of their windows.

    Returns:
        Examples whose windows are these, in order; they belong to no document and have no labels.
    """
    contexts = tuple(examples.contexts[window] for examples, windows in parts for window in windows)
    asked = np.concatenate([examples.is_asked[windows] for examples, windows in parts])
    nothing = np.zeros((0, 3), np.int64)
    return replace(
        parts[0][0],
        contexts=contexts,
        window_of=(),
        spans=(nothing,) * len(contexts),
        clipped=0,
        silver=np.zeros(len(contexts), bool),
        is_asked=asked,
        in_lexicon=(),
    )


def longest_span(examples: Examples) -> int:
    """Characters of the longest entity that a window holds whole; 1 if there is none."""
    whole = [rows[(rows[:, 1] >= 0) & (rows[:, 2] >= 0)] for rows in examples.spans]
    return max((int((rows[:, 2] - rows[:, 1]).max()) for rows in whole if len(rows)), default=1)


def build_examples(
    documents: Sequence[Document],
    schema: Schema,
    tokenizer: Tokenizer,
    window: WindowSize,
    context_position: int | None = 32,
    max_positions: int = 512,
    keep_matches: bool = False,
) -> Examples:
    """Cuts and tokenises documents.

    Args:
        documents: texts, and entities that become the labels.
        schema: types to ask for.
        tokenizer: of the model.
        window: how texts are cut.
        context_position: see `SharedContext`; None: query and context are read apart.
        max_positions: of the encoder.
        keep_matches: fill `Examples.in_lexicon`, if the tokenizer has a lexicon.

    Raises:
        DataError: an entity's type is not in the schema.
        UserError: a query reaches the positions of the context, or a query or window does not fit into `max_positions`.
    """
    cls, sep = tokenizer.special(tokenizer.cls), tokenizer.special(tokenizer.sep)
    queries = tuple(joined(cls, tokenizer.encode(item.query), sep) for item in schema.types)
    _check_positions(schema, window, context_position, max_positions)
    type_index = {name: i for i, name in enumerate(schema.names)}
    contexts, window_of, spans, in_lexicon = [], [], [], []
    lexicon = None if tokenizer.words is None else tokenizer.words.lexicon
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
        matches = None if lexicon is None else lexicon.matches(document.text)
        if matches is not None and keep_matches:
            spans_of = tuple((entity.start, entity.end) for entity in document.entities)
            in_lexicon.append(InLexicon(matches, spans_of, len(document.text)))
        tokens = tokenizer.encode(document.text, matches)
        for piece in cut:
            contexts.append(part(tokens, piece.start, piece.end))
            window_of.append((number, piece))
            spans.append(_spans_inside(document, piece, type_index))
    silver = np.array([documents[number].silver for number, _ in window_of], bool)
    is_asked = np.ones((len(window_of), len(queries)), bool)
    for row, (number, _) in enumerate(window_of):
        if (annotated := documents[number].annotated) is not None:
            is_asked[row] = [name in annotated for name in schema.names]
    pad = tokenizer.special(tokenizer.pad)
    return Examples(
        queries,
        tuple(contexts),
        tuple(window_of),
        tuple(spans),
        lost,
        pad,
        cls,
        sep,
        silver,
        is_asked,
        context_position is None,
        tuple(in_lexicon),
    )


def _check_positions(schema: Schema, window: WindowSize, context_position: int | None, max_positions: int) -> None:
    for item in schema.types:
        size = len(item.query) + 2
        if context_position is not None and size > context_position:
            raise UserError(
                f"the query of {item.name} has {len(item.query)} characters; with the context at position "
                f"{context_position} at most {context_position - 2} fit: use a shorter query, or train with a larger "
                f"--context-position"
            )
        if size > max_positions:
            raise UserError(
                f"the query of {item.name} has {len(item.query)} characters; the encoder has {max_positions} positions, in "
                f"which at most {max_positions - 2} fit: use a shorter query"
            )
    if context_position is None:
        if window.size + 2 > max_positions:
            raise UserError(
                f"a window of {window.size} characters makes {window.size + 2} tokens; the encoder has {max_positions} "
                f"positions: use a smaller --window"
            )
        return
    last = context_position + window.size + 1
    if last > max_positions:
        raise UserError(
            f"{context_position} positions for the query and a window of {window.size} characters make {last} tokens; "
            f"the encoder has {max_positions} positions: use a smaller --window or a smaller --context-position"
        )


def _spans_inside(document: Document, piece: Window, type_index: dict[str, int]) -> np.ndarray:
    rows = []
    for entity in document.entities:
        start = entity.start - piece.start if piece.start <= entity.start < piece.end else -1
        end = entity.end - piece.start if piece.start < entity.end <= piece.end else -1
        if start >= 0 or end >= 0:
            rows.append((type_index[entity.type], start, end))
    return np.array(rows, np.int64).reshape(-1, 3)
