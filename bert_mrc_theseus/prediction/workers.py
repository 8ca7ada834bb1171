"""Processes that predict: each has the model for itself and is asked for one group of documents after the other.

Threads of one process wait for each other wherever Python itself works, as it does for tokens and entities; processes do not.
They are started afresh (spawn), never forked, since ONNX Runtime's threads do not live on in a fork.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from weakref import finalize

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.word_lists import WordList

Task = tuple[list[str], Schema, Thresholds, Decoding]
"""Texts, and what to look for in them."""

WAITING = 2
"""Groups that a worker has at a time: the one that it predicts, and the next."""


class WorkerEnded(UserError):
    """A worker process ended while it was needed. What it was asked for is not answered."""


class Workers:
    """Processes that each load a model folder. They end with this object, also when it is forgotten, and with this process,
    also when it is killed.

    Args:
        folder: model folder.
        engine: see `engines.choose.choose_engine`.
        count: of processes.
        threads: of each, see `engines.choose.load_engine`.
        words: see `ModelSpec.with_words`.

    Raises:
        UserError, ModelError: see `load_engine`; or a process ended before it had loaded the model.
    """

    def __init__(self, folder: str | Path, engine: str, count: int, threads: int | None, words: WordList | None = None):
        with _without_interrupts():
            self._workers = [_Worker(str(folder), engine, threads, words) for _ in range(count)]
        self._end = finalize(self, _end, self._workers)
        try:
            for worker in self._workers:
                worker.loaded.result()
        except BaseException:
            self.close()
            raise

    @property
    def ahead(self) -> int:
        """How many groups may be asked for before the first one is waited for, so that every worker has `WAITING`."""
        return WAITING * len(self._workers) - 1

    def submit(
        self, texts: list[str], schema: Schema, thresholds: Thresholds, decoding: Decoding
    ) -> "Future[list[tuple[Entity, ...]]]":
        """Asks the worker that has the least to do for the entities of each text.

        The future's result raises `WorkerEnded` if that process ended.
        """
        worker = min(self._workers, key=lambda worker: worker.waiting)
        return worker.submit((texts, schema, thresholds, decoding))

    def close(self) -> None:
        """Ends the processes at once."""
        self._end()


class _Worker:
    """A process, and the thread of this one that talks with it: one request, one answer, so that no pipe runs full on both
    sides, and the end of the process is the end of its pipe."""

    def __init__(self, folder: str, engine: str, threads: int | None, words: WordList | None):
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_serve, args=(other, folder, engine, threads, words), name="worker", daemon=True
        )
        self.process.start()
        # The process has the only one now: when it ends, reading ends too.
        other.close()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="worker")
        self._futures: list[Future] = []
        self.loaded = self._thread.submit(self._answer)

    @property
    def waiting(self) -> int:
        """Tasks that are not done."""
        self._futures = [future for future in self._futures if not future.done()]
        return len(self._futures)

    def submit(self, task: Task) -> Future:
        future = self._thread.submit(self._ask, task)
        self._futures.append(future)
        return future

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self._thread.shutdown(cancel_futures=True)
        self._connection.close()

    def _ask(self, task: Task) -> list[tuple[Entity, ...]]:
        try:
            self._connection.send(task)
        except OSError as error:
            raise self._ended() from error
        return self._answer()

    def _answer(self) -> list[tuple[Entity, ...]]:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _ended(self) -> WorkerEnded:
        self.process.join()
        code = self.process.exitcode or 0
        how = (
            f"was killed by signal {-code}; is there enough memory for it?"
            if code < 0
            else f"ended with status {code}."
        )
        return WorkerEnded(f"a worker process {how}")


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.end()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile get no SIGINT: Ctrl-C goes to all of a terminal's, and their parent ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It would set the mask itself while it starts.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, folder: str, engine: str, threads: int | None, words: WordList | None) -> None:
    """What a process does: loads the model, says so, and answers until it is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, BrokenPipeError):
        try:
            spec, run = load_engine(folder, engine, threads)
            spec = spec if words is None else spec.with_words(words)
        except Exception as error:
            connection.send(_portable(error))
            return
        connection.send([])
        while True:
            texts, schema, thresholds, decoding = connection.recv()
            documents = [Document(number, text) for number, text in enumerate(texts)]
            try:
                examples = spec.examples(documents, schema)
                found = predict_documents(run, documents, examples, schema, thresholds, decoding)
            except Exception as error:
                connection.send(_portable(error))
            else:
                connection.send([document.entities for document in found])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _portable(error: Exception) -> Exception:
    """An error as one that can be sent: those that users can act on as they are, others with where they come from."""
    if isinstance(error, UserError | OSError | MemoryError):
        return error
    return RuntimeError("in a worker process:\n" + "".join(traceback.format_exception(error)))
