"""From an engine's answers for windows to the entities of documents.

`answers_for` gives what collects the answers, for flat or for nested decoding; when the engine is done, it makes documents.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds, decode_flat, nested_spans
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.mrc.windows import joined_runs
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import Schema


class Answers(Protocol):
    """Collects what an engine says of examples.

    Attributes:
        matches: whether the match head's probabilities are needed.
    """

    matches: bool

    def add(self, window: int, types: np.ndarray, ends: np.ndarray, matches: np.ndarray | None) -> None:
        """Takes the answer for some types of a window, see `engines.engine.UseAnswer`."""
        ...

    def documents(self, documents: Sequence[Document]) -> list[Document]:
        """The documents, with the entities that the answers say instead of those they had.

        Args:
            documents: those that the examples were built from.
        """
        ...


def answers_for(examples: Examples, schema: Schema, thresholds: Thresholds, decoding: Decoding) -> Answers:
    """What collects and decodes the answers for examples.

    Args:
        examples: what the engine is asked.
        schema: types in the order of the examples' queries.
        thresholds: smallest probabilities that count.
        decoding: which entities may overlap.
    """
    if decoding == Decoding.NESTED:
        return NestedAnswers(examples, schema, thresholds)
    return FlatAnswers(examples, schema, thresholds, decoding == Decoding.FLAT)


class FlatAnswers:
    """Keeps start and end probabilities; types that are not asked have 0.

    Args:
        examples, schema, thresholds: see `answers_for`.
        across_types: see `spans.decode_flat`.
    """

    matches = False

    def __init__(
        self, examples: Examples, schema: Schema, thresholds: Thresholds = Thresholds(), across_types: bool = True
    ):
        self._examples, self._schema = examples, schema
        self._thresholds, self._across_types = thresholds, across_types
        types = len(examples.queries)
        self.windows = [np.zeros((types, len(tokens.ids), 2), np.float32) for tokens in examples.contexts]
        """Per window, starts and ends (T, length of the window, 2)."""

    def add(self, window: int, types: np.ndarray, ends: np.ndarray, matches: np.ndarray | None) -> None:
        _refuse_nan(ends)
        self.windows[window][types] = ends

    def probabilities(self, documents: int) -> list[list[np.ndarray]]:
        """Per document its runs of joined windows, in order, each (T, characters, 2). They tile the document's text."""
        joined: list[list[np.ndarray]] = [[] for _ in range(documents)]
        window_of = self._examples.window_of
        for run in joined_runs([window for _, window in window_of]):
            parts = []
            for index in run:
                window = window_of[index][1]
                parts.append(self.windows[index][:, window.keep_start - window.start : window.keep_end - window.start])
            joined[window_of[run[0]][0]].append(np.concatenate(parts, axis=1))
        return joined

    def documents(self, documents: Sequence[Document]) -> list[Document]:
        return [
            decode_document(document, probabilities, self._schema, self._thresholds, self._across_types)
            for document, probabilities in zip(documents, self.probabilities(len(documents)), strict=True)
        ]


class NestedAnswers:
    """Keeps the spans that the match head accepts, see `spans.nested_spans`.

    Args:
        examples, schema, thresholds: see `answers_for`.
    """

    matches = True

    def __init__(self, examples: Examples, schema: Schema, thresholds: Thresholds):
        self._examples, self._schema, self._thresholds = examples, schema, thresholds
        self.windows: list[list[tuple[int, int, int, float]]] = [[] for _ in examples.contexts]
        """Per window, (type index, start, end, score) in offsets of the window."""

    def add(self, window: int, types: np.ndarray, ends: np.ndarray, matches: np.ndarray | None) -> None:
        assert matches is not None
        _refuse_nan(ends)
        for type_index, type_ends, type_matches in zip(types, ends, matches, strict=True):
            spans = nested_spans(type_ends, type_matches, self._thresholds)
            self.windows[window].extend((int(type_index), *span) for span in spans)

    def documents(self, documents: Sequence[Document]) -> list[Document]:
        """Documents with all the spans that their windows say, overlapping ones too.

        Where windows overlap, a span is taken from the one that keeps its first character; or from the next, if only that one
        sees it whole. So a span that two windows see is there once.
        """
        entities: list[list[Entity]] = [[] for _ in documents]
        previous_end = 0
        for (number, window), spans in zip(self._examples.window_of, self.windows, strict=True):
            for type_index, first, last, score in spans:
                start, end = window.start + first, window.start + last
                inside = window.keep_start <= start < window.keep_end
                if inside or (window.joined and start < window.keep_start and end > previous_end):
                    entities[number].append(Entity(start, end, self._schema.names[type_index], score))
            previous_end = window.end
        return [
            trim_white_space(replace(document, entities=tuple(spans)))
            for document, spans in zip(documents, entities, strict=True)
        ]


def _refuse_nan(ends: np.ndarray) -> None:
    """Raises ModelError if probabilities are not numbers: nothing would be found, and nobody would know why."""
    if not np.isfinite(ends).all():
        raise ModelError("the model's answers are not numbers: its weights are damaged, or too large to compute with")


def decode_document(
    document: Document,
    probabilities: Sequence[np.ndarray],
    schema: Schema,
    thresholds: Thresholds,
    across_types: bool = True,
) -> Document:
    """The document with the entities that probabilities say, instead of those it had.

    Args:
        document: its text counts.
        probabilities: of the runs that tile the text, see `FlatAnswers.probabilities`.
        schema: types in the order of the probabilities.
        thresholds: smallest probabilities that count.
        across_types: see `spans.decode_flat`.
    """
    entities = []
    offset = 0
    for run in probabilities:
        for type_index, start, end, score in decode_flat(run[:, :, 0], run[:, :, 1], thresholds, across_types):
            entities.append(Entity(offset + start, offset + end, schema.names[type_index], score))
        offset += run.shape[1]
    return trim_white_space(replace(document, entities=tuple(entities)))


def trim_white_space(document: Document) -> Document:
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
