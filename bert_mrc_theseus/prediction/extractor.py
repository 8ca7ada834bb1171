"""Entities of texts: `Extractor`, the Python interface, and the stream behind `bert-mrc-theseus predict`.

    extractor = Extractor.load("runs/resume/stage2/best")
    for entity in extractor("王小明毕业于北京大学。"):
        print(entity.text, entity.type, entity.start, entity.end, entity.score)

An extractor has no state but its model. Documents are read ahead in groups of bounded size, so memory does not grow with the
input and order is kept; a document's result does not depend on the others. While the engine works on one group, the next one
is read and tokenised and the one before it decoded and handed out.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.engines.engine import Engine, decode_documents, run_engine
from bert_mrc_theseus.model_files.model_folder import SavedModel
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.mrc.windows import cut_windows
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import Schema

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
        model: a saved model; its tensors are not used.
        engine: runs it.
        thresholds: instead of the model's own.
        schema: types to look for, instead of the model's own; see `unseen`.
        nested: find entities inside others too; without a match head only inside those of another type.
    """

    def __init__(
        self,
        model: SavedModel,
        engine: Engine,
        thresholds: Thresholds | None = None,
        schema: Schema | None = None,
        nested: bool = False,
    ):
        self._engine, self._model = engine, model
        self._thresholds = thresholds or model.thresholds
        self._schema = schema or model.schema
        self._decoding = model.decoding(nested)

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        thresholds: Thresholds | None = None,
        engine: str = "auto",
        schema: Schema | None = None,
        nested: bool = False,
    ) -> "Extractor":
        """An extractor from a model folder.

        Args:
            folder: model folder; default: the one that comes with the package, `bundled.bundled_model`.
            thresholds: instead of the model's own.
            engine: "auto", "onnx" or "keras", see `engines.choose_engine`.
            schema: types to look for, instead of the model's own.
            nested: see above.

        Raises:
            ModelError: the folder is not a complete model.
        """
        model, run = load_engine(folder or bundled_model(), engine)
        return cls(model, run, thresholds, schema, nested)

    @property
    def schema(self) -> Schema:
        """The entity types that are looked for."""
        return self._schema

    @property
    def unseen(self) -> tuple[str, ...]:
        """Types whose query the model was not trained on: it may find something or nothing, and its scores mean little."""
        known = {item.query for item in self._model.schema.types}
        return tuple(item.name for item in self._schema.types if item.query not in known)

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
        running: deque[tuple[list[_Piece], Examples, Future[list]]] = deque()
        worker = ThreadPoolExecutor(1)

        def decoded() -> Iterator[tuple[_Piece, Document]]:
            group, examples, found = running.popleft()
            bare = [piece.document for piece in group]
            done = decode_documents(bare, examples, found.result(), self._schema, self._thresholds, self._decoding)
            yield from zip(group, done, strict=True)

        def pieces() -> Iterator[tuple[_Piece, Document]]:
            for group in _groups(self._pieces(documents), GROUP_CHARACTERS):
                examples = self._model.examples([piece.document for piece in group], self._schema)
                found = worker.submit(run_engine, self._engine, examples, self._thresholds, self._decoding)
                running.append((group, examples, found))
                if len(running) > 1:
                    yield from decoded()
            while running:
                yield from decoded()

        entities: list[Entity] = []
        try:
            for piece, found in pieces():
                entities += [replace(e, start=e.start + piece.offset, end=e.end + piece.offset) for e in found.entities]
                if piece.whole is not None:
                    yield replace(piece.whole, entities=tuple(entities))
                    entities = []
        finally:
            worker.shutdown(cancel_futures=True)

    def _pieces(self, documents: Iterable[Document]) -> Iterator["_Piece"]:
        """Documents, long ones in pieces that begin and end where a window does and no sentence is cut: read apart, they have
        the same windows as together."""
        for document in documents:
            bare = replace(document, entities=(), annotated=None)
            if len(bare.text) <= GROUP_CHARACTERS:
                yield _Piece(bare, 0, bare)
                continue
            start = 0
            window = self._model.window
            for cut in cut_windows(bare.text, window.size, window.overlap):
                if not cut.joined and cut.start - start >= GROUP_CHARACTERS:
                    yield _Piece(Document(bare.id, bare.text[start : cut.start]), start)
                    start = cut.start
            yield _Piece(Document(bare.id, bare.text[start:]), start, bare)


@dataclass(frozen=True)
class _Piece:
    """A part of a document.

    Attributes:
        document: the part.
        offset: where it starts.
        whole: the document whose last part this is; None: there are more.
    """

    document: Document
    offset: int
    whole: Document | None = None


def _groups(pieces: Iterable[_Piece], characters: int) -> Iterator[list[_Piece]]:
    """Consecutive pieces, at most `characters` together unless one alone is longer."""
    group: list[_Piece] = []
    size = 0
    for piece in pieces:
        if group and size + len(piece.document.text) > characters:
            yield group
            group, size = [], 0
        group.append(piece)
        # An empty document costs memory too.
        size += len(piece.document.text) + 1
    if group:
        yield group
