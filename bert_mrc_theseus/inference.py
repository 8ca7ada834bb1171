"""From examples to entities: runs an engine over (window, type) pairs, joins the windows, decodes.

A text's result does not depend on what else is in its batch.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np

from bert_mrc_theseus.batching import sorted_batches
from bert_mrc_theseus.decoding import Thresholds, decode_flat
from bert_mrc_theseus.documents import Document, Entity
from bert_mrc_theseus.examples import Examples
from bert_mrc_theseus.schema import Schema
from bert_mrc_theseus.windows import blocks

Item = TypeVar("Item")


class Engine(Protocol):
    """What runs a model."""

    def __call__(self, examples: Examples) -> list[np.ndarray]:
        """Start and end probabilities of every window for every type: per window an array (T, length of the window, 2)."""
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
        run: maps a batch of pairs (see `model`) to probabilities of shape (B, L, 2).
        budget: tokens of a batch that suit it.
        workers: threads that may call `run` at the same time.
    """

    run: Callable[[dict[str, np.ndarray]], np.ndarray]
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

        # The longest batches first, so that the workers end at about the same time.
        in_threads(fill, sorted_batches(examples.lengths(pairs), self.budget)[::-1], self.workers)
        return found


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


def decode_document(
    document: Document, probabilities: Sequence[np.ndarray], schema: Schema, thresholds: Thresholds
) -> Document:
    """The document with the entities that the probabilities of its blocks say, instead of those it had."""
    entities = []
    offset = 0
    for block in probabilities:
        for kind, start, end, score in decode_flat(block[:, :, 0], block[:, :, 1], thresholds):
            entities.append(Entity(offset + start, offset + end, schema.names[kind], score))
        offset += block.shape[1]
    return replace(document, entities=tuple(entities))


def predict_documents(
    engine: Engine, documents: Sequence[Document], examples: Examples, schema: Schema, thresholds: Thresholds
) -> list[Document]:
    """Documents with predicted entities; `examples` are those built from `documents`."""
    joined = document_probabilities(examples, engine(examples), len(documents))
    return [
        decode_document(document, probabilities, schema, thresholds)
        for document, probabilities in zip(documents, joined, strict=True)
    ]
