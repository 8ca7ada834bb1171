"""How a group of documents is predicted: by an engine in this process, or by a worker process."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, Protocol

from bert_mrc_theseus.decoding.entities import answers_for
from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.engine import Engine, UseAnswer
from bert_mrc_theseus.errors import UserError, printable
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.prediction.workers import WorkerEnded, Workers
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


@dataclass(frozen=True, slots=True)
class Begun:
    """A group that somebody is at.

    Attributes:
        documents: waits, and gives the documents with their entities.
        cancel: nobody waits for it any more.
    """

    documents: Callable[[], list[Document]]
    cancel: Callable[[], object]


class Predictor(Protocol):
    """What predicts groups of documents.

    Attributes:
        ahead: how many groups may be begun before the documents of the first one are waited for.
    """

    ahead: int

    def begin(self, documents: Sequence[Document]) -> Begun: ...

    def close(self) -> None: ...


class InThisProcess:
    """Predicts by an engine. While it works on one group, this thread prepares the next and decodes the one before.

    Args:
        spec: of the model.
        engine: runs it; closed with this object.
        schema, thresholds, decoding: what to look for, and what counts.
    """

    ahead = 1

    def __init__(self, spec: ModelSpec, engine: Engine, schema: Schema, thresholds: Thresholds, decoding: Decoding):
        self._spec, self._engine = spec, engine
        self._schema, self._thresholds, self._decoding = schema, thresholds, decoding

    def begin(self, documents: Sequence[Document]) -> Begun:
        examples = self._spec.examples(documents, self._schema)
        answers = answers_for(examples, self._schema, self._thresholds, self._decoding)
        stopped = Event()
        done = self._engine.submit(self._engine.answer, examples, _until(stopped, answers.add), answers.matches)

        def finished() -> list[Document]:
            done.result()
            return answers.documents(documents)

        def cancel() -> None:
            # After Ctrl-C nobody waits for a whole group.
            stopped.set()
            done.cancel()

        return Begun(finished, cancel)

    def close(self) -> None:
        self._engine.close()


class InWorkers:
    """Predicts in other processes.

    Args:
        workers: have loaded the model; closed with this object.
        schema, thresholds, decoding: what to look for, and what counts.
    """

    def __init__(self, workers: Workers, schema: Schema, thresholds: Thresholds, decoding: Decoding):
        self._workers = workers
        self._asked = schema, thresholds, decoding
        self.ahead = workers.ahead

    def begin(self, documents: Sequence[Document]) -> Begun:
        found: Future = self._workers.submit([document.text for document in documents], *self._asked)

        def finished() -> list[Document]:
            try:
                answers = found.result()
            except WorkerEnded as error:
                raise UserError(f"{error} It was at {_named(documents)}") from error
            return [replace(document, entities=entities) for document, entities in zip(documents, answers, strict=True)]

        return Begun(finished, found.cancel)

    def close(self) -> None:
        self._workers.close()


def _named(documents: Sequence[Document]) -> str:
    """Documents for a message."""
    first, last = (printable(str(document.id)) for document in (documents[0], documents[-1]))
    return f"document {first}" if len(documents) == 1 else f"documents {first} to {last}"


def _until(stopped: Event, use: UseAnswer) -> UseAnswer:
    """The same, but once `stopped` is set it ends the work of the engine that calls it."""

    def run(*answer: Any) -> None:
        if stopped.is_set():
            raise CancelledError
        use(*answer)

    return run
