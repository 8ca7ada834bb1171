"""Entities of texts: `Extractor`, the Python interface, and the stream behind `bert-mrc-theseus predict`.

An extractor has no state but its model. Documents are read ahead in groups of bounded size, so memory does not grow with the
input and order is kept; a document's result does not depend on the others. While the engine works on one group, the next one
is read and tokenised and the one before it decoded and handed out.
"""

import reprlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, TypeVar, overload

from bert_mrc_theseus.decoding.entities import Answers, answers_for
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.engines.engine import Engine, UseAnswer
from bert_mrc_theseus.model_files.hub import local_model
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.prediction.frames import ENTITIES, batch_with_entities, frame_with_entities
from bert_mrc_theseus.prediction.pieces import Piece, groups_after, groups_of, pieces_of, whole_documents
from bert_mrc_theseus.text.documents import TEXT, Document
from bert_mrc_theseus.text.schema import DEFAULT_STYLE, Schema, read_queries
from bert_mrc_theseus.text.word_lists import WordList

Frame = TypeVar("Frame")


@dataclass(frozen=True, slots=True)
class Extraction:
    """An entity found in a text.

    Attributes:
        text: the entity's text.
        type: name of its entity type.
        start, end: half-open offsets in code points: `text[start:end]` of the whole text is the entity's text.
        score: between 0 and 1.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.Extraction("广州", "LOC", 6, 8, 0.98).type
        'LOC'
    """

    text: str
    type: str
    start: int
    end: int
    score: float


class Extractor:
    """Finds entities in texts.

    Args:
        spec: a model but for its weights.
        engine: runs it; closed with the extractor.
        thresholds: instead of the model's own.
        schema: types to look for, instead of the model's own; see `unseen`.
        nested: find entities inside others too; without a match head only inside those of another type.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> with bmt.Extractor.load() as extractor:
        ...     [(e.text, e.type, e.start, e.end) for e in extractor("程晓光从广州飞往大连。")]
        [('程晓光', 'PER', 0, 3), ('广州', 'LOC', 4, 6), ('大连', 'LOC', 8, 10)]
    """

    def __init__(
        self,
        spec: ModelSpec,
        engine: Engine,
        thresholds: Thresholds | None = None,
        schema: Schema | None = None,
        nested: bool = False,
    ):
        self._engine, self._spec = engine, spec
        self._thresholds = thresholds or spec.thresholds
        self._schema = schema or spec.schema
        self._decoding = spec.decoding(nested)
        self._loaded_with: tuple[Any, ...] | None = None

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        thresholds: Thresholds | None = None,
        engine: str = "auto",
        schema: Schema | None = None,
        nested: bool = False,
        queries: str | Path | None = None,
        style: str = DEFAULT_STYLE,
        types: Sequence[str] | None = None,
        words: WordList | None = None,
    ) -> "Extractor":
        """An extractor from a model folder.

        Args:
            folder: model folder, or "hf:OWNER/NAME" for one on the Hugging Face hub; default: the one that comes with the
                package, `package_data.bundled_model`.
            thresholds: instead of the model's own.
            engine: "auto", "onnx", "keras", or "onnx:" and a provider of ONNX Runtime such as "onnx:cuda"; see
                `engines.choose.choose_engine`.
            schema: types to look for, instead of the model's own.
            nested: see above.
            queries: file with the types to look for, see `schema.read_queries`; instead of `schema`.
            style: which text of that file is the query.
            types: names of those types to look for; default: all.
            words: read as words of the model's lexicon: a hint, where a `Dictionary` is a verdict.

        Raises:
            ModelError: the folder is not a complete model, or the hub has none of that name.
            UserError: there is no such type or engine, or the Keras engine is needed and TensorFlow is not installed; or words
                are given to a model without a lexicon.
            DataError: the query file cannot be read.
        """
        folder = bundled_model() if folder is None else local_model(folder)
        if queries is not None:
            schema = read_queries(queries, style)
        if types is not None:
            # Before the model is loaded, which takes longer.
            schema = (schema or load_spec(folder).schema).only(types)
        if words is not None:
            load_spec(folder).with_words(words)
        spec, run = load_engine(folder, engine)
        extractor = cls(spec if words is None else spec.with_words(words), run, thresholds, schema, nested)
        extractor._loaded_with = (folder, thresholds, engine, schema, nested, None, DEFAULT_STYLE, None, words)
        return extractor

    def __reduce__(self) -> tuple[Any, ...]:
        if self._loaded_with is None:
            raise TypeError(
                "an extractor of a model in memory cannot be pickled: save the model and load it from its folder"
            )
        return type(self).load, self._loaded_with

    @property
    def schema(self) -> Schema:
        """The entity types that are looked for."""
        return self._schema

    @property
    def unseen(self) -> tuple[str, ...]:
        """Types whose query the model was not trained on: it may find something or nothing, and its scores mean little."""
        return self._spec.unseen(self._schema)

    @overload
    def __call__(self, text: str) -> list[Extraction]: ...  # type: ignore[overload-overlap]  # A str has str in it.

    @overload
    def __call__(self, text: Iterable[str]) -> list[list[Extraction]]: ...

    def __call__(self, text: str | Iterable[str]) -> list[Extraction] | list[list[Extraction]]:
        """Entities of one text, by position; of several texts (a list, a pandas Series ...) such a list for each.

        Raises:
            TypeError: it is neither; or see `batch`.
        """
        if isinstance(text, str):
            return next(self.batch([text]))
        return list(self.batch(text))

    def batch(self, texts: Iterable[str]) -> Iterator[list[Extraction]]:
        """Entities of each text, in order; much faster than one call a text.

        Raises:
            TypeError: these are no texts; or, when its turn comes, one of them is none.
        """
        documents = self.documents(_documents(texts))
        return (
            [
                Extraction(document.text_of(e), e.type, e.start, e.end, 0.0 if e.score is None else e.score)
                for e in document.entities
            ]
            for document in documents
        )

    def frame(self, frame: Frame, column: str = TEXT, into: str = ENTITIES) -> Frame:
        """A data frame with a further column: the entities of each row's text.

        Args:
            frame: of pandas or Polars; it stays as it is.
            column: its column of texts. A text that is missing (None, NaN) has no entities; a warning counts them.
            into: name of the new column. A cell is a list with a dict for each entity, in the fields of `Extraction`; in Polars
                the column is a list of structs.

        Raises:
            TypeError: it is no such frame, or see `batch`.
            UsageError: there is no such column, or there is one of the new column's name.

        Example:
            >>> import bert_mrc_theseus as bmt
            >>> with bmt.Extractor.load() as extractor:
            ...     extractor.frame([])
            Traceback (most recent call last):
            TypeError: a frame is a DataFrame of pandas or Polars. Received: list
        """
        return frame_with_entities(self.batch, frame, column, into)

    def map_batch(
        self, batch: Mapping[str, Sequence[Any]], column: str = TEXT, into: str = ENTITIES
    ) -> dict[str, list[list[dict[str, Any]]]]:
        """For Hugging Face datasets: `dataset.map(extractor.map_batch, batched=True)` adds a column of entities.

        Args:
            batch: columns by name. A text that is missing (None, NaN) has no entities; a warning counts them.
            column: of the texts; name another with `fn_kwargs={"column": "content"}`.
            into: name of the new column, see `frame`.

        Raises:
            TypeError: see `batch`.
            UsageError: see `frame`.
        """
        return batch_with_entities(self.batch, batch, column, into)

    def documents(self, documents: Iterable[Document], done: int = 0) -> Iterator[Document]:
        """Documents with predicted entities, in order.

        Args:
            documents: with or without entities.
            done: of so many documents, the first ones, nothing is asked any more. The others' results are the same as without
                it, to the last bit: they are predicted in the same company.
        """
        groups, unneeded = groups_after(groups_of(pieces_of(documents, self._spec.window)), done)
        return islice(whole_documents(self._answered(groups)), unneeded, None)

    def close(self) -> None:
        """Ends the engine's threads; an extractor that is forgotten ends them too."""
        self._engine.close()

    def __enter__(self) -> "Extractor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answered(self, groups: Iterable[list[Piece]]) -> Iterator[tuple[Piece, Document]]:
        """Each piece with what was found in it; one group is with the engine while another is read or handed out."""
        running: deque[tuple[list[Piece], Answers, Future[None]]] = deque()
        stopped = Event()

        def finished() -> Iterator[tuple[Piece, Document]]:
            group, answers, done = running.popleft()
            done.result()
            yield from zip(group, answers.documents([piece.document for piece in group]), strict=True)

        try:
            for group in groups:
                examples = self._spec.examples([piece.document for piece in group], self._schema)
                answers = answers_for(examples, self._schema, self._thresholds, self._decoding)
                done = self._engine.submit(self._engine.answer, examples, _until(stopped, answers.add), answers.matches)
                running.append((group, answers, done))
                if len(running) > 1:
                    yield from finished()
            while running:
                yield from finished()
        finally:
            # After Ctrl-C nobody waits for a whole group.
            stopped.set()
            for _, _, done in running:
                done.cancel()


def _documents(texts: Any) -> Iterator[Document]:
    """Texts as documents.

    Raises:
        TypeError: see `Extractor.batch`.
    """
    if isinstance(texts, str):
        raise TypeError("batch takes several texts: give a list of them, or call the extractor itself with one text")
    # A mapping or a pandas DataFrame would give its keys or columns.
    if isinstance(texts, bytes | Mapping) or hasattr(texts, "columns") or not isinstance(texts, Iterable):
        raise TypeError(f"texts are a str, or a list or other iterable of str. Received: {type(texts).__name__}")

    def documents() -> Iterator[Document]:
        for number, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"text {number}, counted from 0, is no str. Received: {reprlib.repr(text)}")
            yield Document("", text)

    return documents()


def _until(stopped: Event, use: UseAnswer) -> UseAnswer:
    """The same, but once `stopped` is set it ends the work of the engine that calls it."""

    def run(*answer: Any) -> None:
        if stopped.is_set():
            raise CancelledError
        use(*answer)

    return run
