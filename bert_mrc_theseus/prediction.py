"""Entities of texts: `Extractor`, the Python interface, and the stream behind `bert-mrc-theseus predict`.

    extractor = Extractor.load("runs/resume/stage2/best")
    for entity in extractor("王小明毕业于北京大学。"):
        print(entity.text, entity.type, entity.start, entity.end, entity.score)

An extractor has no state but its model. Documents are read ahead in groups of bounded size, so memory does not grow with the
input and order is kept; a document's result does not depend on the others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bert_mrc_theseus.decoding import Thresholds
from bert_mrc_theseus.documents import Document
from bert_mrc_theseus.examples import build_examples
from bert_mrc_theseus.inference import Engine, predict_documents
from bert_mrc_theseus.model_folder import SavedModel, load_model
from bert_mrc_theseus.schema import Schema
from bert_mrc_theseus.tokenizer import Tokenizer

GROUP_CHARACTERS = 20_000
"""Characters that are read ahead: enough texts of each length to fill batches without much padding."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """An entity found in a text: `text[start:end]` is its text, `score` lies between 0 and 1."""

    text: str
    type: str
    start: int
    end: int
    score: float


class Extractor:
    """Finds entities in texts.

    Args:
        model: a saved model.
        engine: runs it; by default Keras.
        thresholds: instead of the model's own.
    """

    def __init__(self, model: SavedModel, engine: Engine | None = None, thresholds: Thresholds | None = None):
        if engine is None:
            # TensorFlow is needed by this engine alone, and slow to import.
            from bert_mrc_theseus.keras_engine import keras_engine, keras_model

            engine = keras_engine(keras_model(model))
        self._engine, self._model = engine, model
        self._thresholds = thresholds or model.thresholds
        self._tokenizer = Tokenizer(model.vocab)

    @classmethod
    def load(cls, folder: str | Path, thresholds: Thresholds | None = None) -> "Extractor":
        """An extractor from a model folder.

        Raises:
            ModelError: the folder is not a complete model.
        """
        return cls(load_model(folder), thresholds=thresholds)

    @property
    def schema(self) -> Schema:
        """The entity types that are looked for."""
        return self._model.schema

    def __call__(self, text: str) -> list[Extraction]:
        """Entities of one text, by position."""
        return next(self.batch([text]))

    def batch(self, texts: Iterable[str]) -> Iterator[list[Extraction]]:
        """Entities of each text, in order; much faster than one call a text."""
        for document in self.documents(Document("", text) for text in texts):
            yield [
                Extraction(document.text_of(e), e.type, e.start, e.end, 0.0 if e.score is None else e.score)
                for e in document.entities
            ]

    def documents(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Documents with predicted entities, in order."""
        for group in _groups(documents, GROUP_CHARACTERS):
            bare = [replace(document, entities=()) for document in group]
            model = self._model
            examples = build_examples(bare, model.schema, self._tokenizer, model.window, model.encoder.max_positions)
            yield from predict_documents(self._engine, bare, examples, model.schema, self._thresholds)


def _groups(documents: Iterable[Document], characters: int) -> Iterator[list[Document]]:
    """Consecutive documents, at most `characters` together unless one alone is longer."""
    group: list[Document] = []
    size = 0
    for document in documents:
        if group and size + len(document.text) > characters:
            yield group
            group, size = [], 0
        group.append(document)
        # An empty document costs memory too.
        size += len(document.text) + 1
    if group:
        yield group
