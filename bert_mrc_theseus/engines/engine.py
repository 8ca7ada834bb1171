"""From examples to entities: runs an engine over (window, type) pairs, joins the windows, decodes.

A text's result does not depend on what else is in its batch, but for rounding: in int8 a last digit may tip a step of 1/255.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds, decode_flat, nested_spans
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.mrc.batching import sorted_batches
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.mrc.windows import blocks
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import Schema

Item = TypeVar("Item")

NO_MATCH_HEAD = "the model has no match head, which nested decoding needs: train the predecessor with --match"


Span = tuple[int, int, int, float]
"""Type index, half-open start and end, score."""


class Engine(Protocol):
    """What runs a model."""

    def __call__(self, examples: Examples) -> list[np.ndarray]:
        """Start and end probabilities of every window for every type: per window an array (T, length of the window, 2), 0 for
        types that are not asked.
        """
        ...

    def spans(self, examples: Examples, thresholds: Thresholds) -> list[list[Span]]:
        """What the match head accepts, see `decoding.nested_spans`: per window, offsets in the window.

        Raises:
            ModelError: the model has no match head.
        """
        ...


def in_threads(function: Callable[[Item], None], items: Sequence[Item], workers: int) -> None:
    """Calls a function on each item, on several threads if there are several items."""
    if workers > 1 and len(items) > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(function, items))
    else:
        for item in items:
            function(item)


@dataclass(frozen=True)
class PairEngine:
    """An engine that reads query and context together, a pair at a time.

    Attributes:
        run: maps a batch of pairs (see `examples.PAIR_RANKS`) to probabilities of shape (B, L, 2).
        run_matches: maps it to these and to probabilities of pairs (B, L, L); None: the model has no match head.
        budget: tokens of a batch that suit it.
        workers: threads that may call `run` at the same time.
    """

    run: Callable[[dict[str, np.ndarray]], np.ndarray]
    run_matches: Callable[[dict[str, np.ndarray]], tuple[np.ndarray, np.ndarray]] | None = None
    budget: int = 4096
    workers: int = 1

    def __call__(self, examples: Examples) -> list[np.ndarray]:
        found = empty_probabilities(examples)
        pairs = examples.all_pairs()

        def fill(batch: np.ndarray) -> None:
            probabilities = self.run(examples.batch(pairs[batch]))
            for row, (window, kind) in enumerate(pairs[batch]):
                first = len(examples.queries[kind])
                found[window][kind] = probabilities[row, first : first + found[window].shape[1]]

        in_threads(fill, self._batches(examples, pairs), self.workers)
        return found

    def spans(self, examples: Examples, thresholds: Thresholds) -> list[list[Span]]:
        if self.run_matches is None:
            raise ModelError(NO_MATCH_HEAD)
        run = self.run_matches
        found: list[list[Span]] = [[] for _ in examples.contexts]
        pairs = examples.all_pairs()

        def fill(batch: np.ndarray) -> None:
            ends, matches = run(examples.batch(pairs[batch]))
            for row, (window, kind) in enumerate(pairs[batch]):
                first = len(examples.queries[kind])
                inside = slice(first, first + len(examples.contexts[window]))
                spans = nested_spans(ends[row, inside], matches[row, inside, inside], thresholds)
                found[window] += [(int(kind), *span) for span in spans]

        in_threads(fill, self._batches(examples, pairs), self.workers)
        return found

    def _batches(self, examples: Examples, pairs: np.ndarray) -> list[np.ndarray]:
        # The longest first, so that the workers end at about the same time.
        return sorted_batches(examples.lengths(pairs), self.budget)[::-1]


def empty_probabilities(examples: Examples) -> list[np.ndarray]:
    """What an engine fills in, all 0."""
    return [np.zeros((len(examples.queries), len(context), 2), np.float32) for context in examples.contexts]


def document_probabilities(examples: Examples, found: Sequence[np.ndarray], documents: int) -> list[list[np.ndarray]]:
    """Joins windows: per document its blocks, in order, each (T, characters, 2). The blocks tile the document's text."""
    joined: list[list[np.ndarray]] = [[] for _ in range(documents)]
    for block in blocks([window for _, window in examples.places]):
        parts = []
        for index in block:
            window = examples.places[index][1]
            parts.append(found[index][:, window.keep_start - window.start : window.keep_end - window.start])
        joined[examples.places[block[0]][0]].append(np.concatenate(parts, axis=1))
    return joined


def without_blanks(document: Document) -> Document:
    """Entities without the white space at their borders; one that is nothing else goes, and of two that become the same span
    of a type the lower score goes.
    """
    best: dict[tuple[int, int, str], Entity] = {}
    for entity in document.entities:
        text = document.text_of(entity)
        start, end = entity.end - len(text.lstrip()), entity.start + len(text.rstrip())
        if start >= end:
            continue
        trimmed = replace(entity, start=start, end=end)
        other = best.setdefault((start, end, entity.type), trimmed)
        if (trimmed.score or 0.0) > (other.score or 0.0):
            best[start, end, entity.type] = trimmed
    return replace(document, entities=tuple(best.values()))


def decode_document(
    document: Document,
    probabilities: Sequence[np.ndarray],
    schema: Schema,
    thresholds: Thresholds,
    across_types: bool = True,
) -> Document:
    """The document with the entities that the probabilities of its blocks say, instead of those it had; see `decode_flat`."""
    entities = []
    offset = 0
    for block in probabilities:
        for kind, start, end, score in decode_flat(block[:, :, 0], block[:, :, 1], thresholds, across_types):
            entities.append(Entity(offset + start, offset + end, schema.names[kind], score))
        offset += block.shape[1]
    return without_blanks(replace(document, entities=tuple(entities)))


def decode_nested(
    documents: Sequence[Document], examples: Examples, found: Sequence[Sequence[Span]], schema: Schema
) -> list[Document]:
    """Documents with all the spans that their windows say, overlapping ones too.

    Where windows overlap, a span is taken from the one that keeps its first character; or from the next, if only that one sees
    it whole. So a span that two windows see is there once.
    """
    entities: list[list[Entity]] = [[] for _ in documents]
    before = 0
    for (number, window), spans in zip(examples.places, found, strict=True):
        for kind, first, last, score in spans:
            start, end = window.start + first, window.start + last
            inside = window.keep_start <= start < window.keep_end
            if inside or (window.joined and start < window.keep_start and end > before):
                entities[number].append(Entity(start, end, schema.names[kind], score))
        before = window.end
    return [
        without_blanks(replace(document, entities=tuple(mine)))
        for document, mine in zip(documents, entities, strict=True)
    ]


def run_engine(engine: Engine, examples: Examples, thresholds: Thresholds, decoding: Decoding) -> list:
    """What `decode_documents` needs: the part of a prediction that costs time."""
    return engine.spans(examples, thresholds) if decoding == Decoding.NESTED else engine(examples)


def decode_documents(
    documents: Sequence[Document],
    examples: Examples,
    found: list,
    schema: Schema,
    thresholds: Thresholds,
    decoding: Decoding,
) -> list[Document]:
    """Documents with predicted entities; `found` is what `run_engine` gave."""
    if decoding == Decoding.NESTED:
        return decode_nested(documents, examples, found, schema)
    joined = document_probabilities(examples, found, len(documents))
    return [
        decode_document(document, probabilities, schema, thresholds, decoding == Decoding.FLAT)
        for document, probabilities in zip(documents, joined, strict=True)
    ]


def predict_documents(
    engine: Engine,
    documents: Sequence[Document],
    examples: Examples,
    schema: Schema,
    thresholds: Thresholds,
    decoding: Decoding = Decoding.FLAT,
) -> list[Document]:
    """Documents with predicted entities; `examples` are those built from `documents`.

    Args:
        engine: runs the model.
        documents: what to predict for.
        examples: see above.
        schema: types in the order of the examples' queries.
        thresholds: smallest probabilities that count.
        decoding: which entities may overlap.
    """
    found = run_engine(engine, examples, thresholds, decoding)
    return decode_documents(documents, examples, found, schema, thresholds, decoding)
