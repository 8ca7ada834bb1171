"""Entities of texts: `Extractor`, the Python interface, and the stream behind `bert-mrc-theseus predict`.

An extractor has no state but its model. Documents are read ahead in groups of bounded size, so memory does not grow with the
input and order is kept; a document's result does not depend on the others. While one group is predicted, the next one is
read and the one before it handed out.
"""

import os
import reprlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, overload

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.choose import choose_engine, load_engine
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.thread_pool import available_cores
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.model_files.hub import local_model
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.prediction.frames import ENTITIES, batch_with_entities, frame_with_entities
from bert_mrc_theseus.prediction.group import Begun, InThisProcess, InWorkers, Predictor
from bert_mrc_theseus.prediction.pieces import Piece, groups_after, groups_of, pieces_of, whole_documents
from bert_mrc_theseus.prediction.texts import documents_of
from bert_mrc_theseus.prediction.wanted_schema import wanted_schema
from bert_mrc_theseus.prediction.workers import Workers
from bert_mrc_theseus.text.documents import TEXT, Document
from bert_mrc_theseus.text.schema import DEFAULT_STYLE, Schema
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

    One that was loaded from a folder can be pickled: a copy loads the folder again where it is unpickled, and works in that
    process (it has no `workers`).

    Args:
        spec: a model but for its weights.
        engine: runs it, here or in processes that each have their own; closed with the extractor.
        thresholds: instead of the model's own.
        schema: types to look for, instead of the model's own; see `unseen`.
        nested: find entities inside others too; without a match head only inside those of another type.

    Raises:
        TypeError: thresholds or types are something else.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> with bmt.Extractor.load() as extractor:
        ...     [(e.text, e.type, e.start, e.end) for e in extractor("程晓光从广州飞往大连。")]
        [('程晓光', 'PER', 0, 3), ('广州', 'LOC', 4, 6), ('大连', 'LOC', 8, 10)]
    """

    def __init__(
        self,
        spec: ModelSpec,
        engine: Engine | Workers,
        thresholds: Thresholds | None = None,
        schema: Schema | None = None,
        nested: bool = False,
    ):
        # These would be found out when the first text is read.
        for value, kind in ((thresholds, Thresholds), (schema, Schema)):
            if not isinstance(value, kind | None):
                raise TypeError(f"expected a {kind.__name__}. Received: {reprlib.repr(value)}")
        self._spec = spec
        self._schema = schema or spec.schema
        counts = thresholds or spec.thresholds, spec.decoding(nested)
        self._predictor: Predictor = (
            InWorkers(engine, self._schema, *counts)
            if isinstance(engine, Workers)
            else InThisProcess(spec, engine, self._schema, *counts)
        )
        self._loaded_with: dict[str, Any] | None = None

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
        threads: int | None = None,
        workers: int | None = None,
    ) -> "Extractor":
        """An extractor from a model folder.

        Args:
            folder: model folder, or "hf:OWNER/NAME" for one on the Hugging Face hub, or "ner-zh-tiny", which comes with the
                package; default: "ner-zh-small", which does so too.
            thresholds: instead of the model's own.
            engine: "auto", "onnx", "keras", or "onnx:" and a provider of ONNX Runtime such as "onnx:cuda"; see
                `engines.choose.choose_engine`.
            schema: types to look for, instead of the model's own.
            nested: see above.
            queries: file with the types to look for, see `schema.read_queries`; instead of `schema`.
            style: which text of that file is the query.
            types: names of those types to look for; default: all.
            words: read as words of the model's lexicon: a hint, where a `Dictionary` is a verdict.
            threads: that compute in a process, all on one copy of the model; for ONNX Runtime alone. Default: as many as this
                process has cores, shared out among the workers.
            workers: processes that predict, each with a copy of the model; default: this one. They are started anew, so a
                script that asks for them does its work under `if __name__ == "__main__":`.

        Raises:
            ModelError: the folder is not a complete model, or the hub has none of that name.
            UserError: there is no such type or engine, or the Keras engine is needed and TensorFlow is not installed; or words
                are given to a model without a lexicon.
            UsageError: a style without a query file; less than one thread or worker; threads for Keras.
            DataError: the query file cannot be read.
        """
        for name, count in (("threads", threads), ("workers", workers)):
            if count is not None and count < 1:
                raise UsageError(f"{name} are at least 1. Received: {count}")
        bundled = folder is None
        folder = bundled_model() if folder is None else local_model(folder)
        schema = wanted_schema(folder, schema, queries, style, types)
        # Refused before the engine is loaded, which takes longer.
        added = None if words is None else load_spec(folder).with_words(words).added
        run: Engine | Workers
        if workers is None:
            spec, run = load_engine(folder, engine, threads)
        else:
            spec, run = load_spec(folder), _workers(folder, engine, workers, threads, words)
        extractor = cls(replace(spec, added=added), run, thresholds, schema, nested)
        extractor._loaded_with = {
            # The bundled model lies elsewhere on another machine.
            "folder": None if bundled else os.path.abspath(folder),
            "thresholds": thresholds,
            "engine": engine,
            "schema": schema,
            "nested": nested,
            "words": words,
            "threads": threads,
        }
        return extractor

    def __reduce__(self) -> tuple[Any, ...]:
        if self._loaded_with is None:
            raise TypeError(
                "an extractor of a model in memory cannot be pickled: save the model and load it from its folder"
            )
        return _load_again, (type(self), self._loaded_with)

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
        documents = self.documents(documents_of(texts))
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
        """Ends threads and workers, these at once; an extractor that is forgotten ends them too."""
        self._predictor.close()

    def __enter__(self) -> "Extractor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answered(self, groups: Iterable[list[Piece]]) -> Iterator[tuple[Piece, Document]]:
        """Each piece with what was found in it; some groups are being predicted while another is read or handed out."""
        running: deque[tuple[list[Piece], Begun]] = deque()

        def finished() -> Iterator[tuple[Piece, Document]]:
            group, begun = running.popleft()
            yield from zip(group, begun.documents(), strict=True)

        try:
            for group in groups:
                running.append((group, self._predictor.begin([piece.document for piece in group])))
                if len(running) > self._predictor.ahead:
                    yield from finished()
            while running:
                yield from finished()
        finally:
            for _, begun in running:
                begun.cancel()


def _load_again(kind: type[Extractor], arguments: dict[str, Any]) -> Extractor:
    return kind.load(**arguments)


def _workers(folder: str | Path, engine: str, count: int, threads: int | None, words: WordList | None) -> Workers:
    chosen = choose_engine(folder, engine)
    if threads is None and chosen != "keras":
        threads = max(1, available_cores() // count)
    return Workers(folder, chosen, count, threads, words)
