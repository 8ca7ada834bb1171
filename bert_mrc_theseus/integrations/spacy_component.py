"""`nlp.add_pipe("bert_mrc_theseus")`: entities of a spaCy pipeline's documents. spaCy finds it by the package's entry point.

A span of spaCy begins and ends with a token, an entity of ours with any character. `doc.ents` gets the entities that fall on
tokens; `doc.spans` gets all of them, the others widened to the tokens that they touch, and keeps what is exact in its `attrs`.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import minibatch

from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.model_files.hub import local_model
from bert_mrc_theseus.model_files.model_folder import ONNX, WEIGHTS, files_of_models
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.prediction.extractor import Extraction, Extractor

NAME = "bert_mrc_theseus"
"""Of the component's factory."""

MODEL = "model"
"""Folder of the model in a saved pipeline."""

BATCH = 256
"""Documents that `nlp.pipe` hands to the extractor together, unless it is told another number."""


class EntityFinder:
    """A component that finds entities; see `make_component` for its settings.

    The model is loaded with the first document, and again in each process that spaCy starts: a pipeline is read before it is
    known where its model lies, and threads are not copied to another process.
    """

    def __init__(self, model: str | Path | None, types: Sequence[str] | None, nested: bool, spans_key: str):
        self._folder, self._types, self._nested, self._spans_key = model, types, nested, spans_key
        self._loaded: tuple[int, Extractor] | None = None

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = BATCH) -> Iterator[Doc]:
        """The documents with their entities, in order; much faster than one call a document.

        Args:
            stream: of documents.
            batch_size: documents that are read ahead.
        """
        for docs in minibatch(stream, batch_size):
            for doc, entities in zip(docs, self._extractor().batch([doc.text for doc in docs]), strict=True):
                set_entities(doc, entities, self._spans_key)
                yield doc

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Writes the model's files: with its weights only if it has no graphs."""
        source, target = local_model(self._folder or bundled_model()), Path(path) / MODEL
        if target.exists() and target.samefile(source):
            return
        unneeded = WEIGHTS if (source / ONNX).is_dir() else ""
        with atomic_folder(target) as new:
            for name in (file.relative_to(source) for file in files_of_models(source) if file.name != unneeded):
                (new / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(source / name, new / name)

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> "EntityFinder":
        """Takes the model that `to_disk` wrote."""
        self._folder, self._loaded = Path(path) / MODEL, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": None}

    def _extractor(self) -> Extractor:
        if self._loaded is None or self._loaded[0] != os.getpid():
            extractor = Extractor.load(self._folder, types=self._types, nested=self._nested)
            self._loaded = (os.getpid(), extractor)
        return self._loaded[1]


@Language.factory(
    NAME,
    assigns=["doc.ents", "doc.spans"],
    default_config={"model": None, "types": None, "nested": False, "spans_key": "ner"},
)
def make_component(
    nlp: Language, name: str, model: str | None, types: list[str] | None, nested: bool, spans_key: str
) -> EntityFinder:
    """The component of a pipeline.

    Args:
        nlp: the pipeline.
        name: of the component in it.
        model: folder, "hf:OWNER/NAME" or "ner-zh-tiny"; None: ner-zh-small, which comes with the package. A saved
            pipeline has its model in it.
        types: names of the types to look for; None: all.
        nested: see `Extractor`.
        spans_key: where in `doc.spans` the entities are put.
    """
    return EntityFinder(model, types, nested, spans_key)


def set_entities(doc: Doc, entities: Iterable[Extraction], spans_key: str) -> None:
    """Gives a document its entities, see above. Entities that it has already stay, and new ones that overlap them are in
    `doc.spans` only, as are those inside of others.

    Args:
        doc: the document.
        entities: by position.
        spans_key: name of the group in `doc.spans`. Its `attrs` are "scores", "offsets" (exact, in characters of `doc.text`),
            both in the order of its spans, and "misaligned": how many entities do not fall on tokens.
    """
    entities, on_tokens = list(entities), []
    spans = []
    for entity in entities:
        span = doc.char_span(entity.start, entity.end, entity.type)
        if span is not None:
            on_tokens.append(span)
        spans.append(span or doc.char_span(entity.start, entity.end, entity.type, alignment_mode="expand"))
    doc.spans[spans_key] = SpanGroup(
        doc,
        name=spans_key,
        attrs={
            "scores": [entity.score for entity in entities],
            "offsets": [[entity.start, entity.end] for entity in entities],
            "misaligned": len(entities) - len(on_tokens),
        },
        spans=spans,
    )
    doc.ents = _without_overlaps(doc.ents, on_tokens)


def _without_overlaps(there: Iterable[Span], new: Iterable[Span]) -> list[Span]:
    """What is there, and of what is new the longest that overlap nothing."""
    kept = list(there)
    for span in sorted(new, key=lambda span: (span.start - span.end, span.start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return kept
