"""Texts of concurrent requests, read in common batches.

What waits is tasks: windows of some texts. A batch takes windows of several tasks that ask the same queries, up to a number of
tokens. Every other batch begins with the task that has the least left, so that short texts do not wait for long ones; the one
after it with the task that has waited longest, so that long texts end too.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread

import numpy as np

from bert_mrc_theseus.decoding.entities import Answers
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.mrc.examples import Examples, joined_windows
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema

RUNNERS = 2
"""Threads that read batches: one decodes while the engine computes for the other. Two batches at a time on the same cores would
drive each other's states out of the caches."""

OnBatch = Callable[[int, int], None]
"""Takes how many tasks, and how many tokens, a batch had."""


@dataclass(eq=False)
class Task:
    """Some documents to be read.

    Attributes:
        documents: they.
        schema: types that are asked.
        examples: made of the documents.
        answers: collects what the engine says of them.
        future: the documents with their entities. Once it is cancelled, no more windows are read.
        begun: when it was made, in seconds of `time.monotonic`.
        waiting: windows that no batch has taken yet, and their tokens.
        tokens: of all that wait.
        unanswered: windows that are not answered yet.
    """

    documents: Sequence[Document]
    schema: Schema
    examples: Examples
    answers: Answers
    future: "Future[list[Document]]" = field(default_factory=Future)
    begun: float = field(default_factory=time.monotonic)
    waiting: deque[tuple[int, int]] = field(init=False)
    tokens: int = field(init=False)
    unanswered: int = field(init=False)

    def __post_init__(self) -> None:
        windows = np.flatnonzero(self.examples.is_asked.any(axis=1))
        sizes = self.examples.context_lengths(windows)
        # By length: a batch of windows of one length has no padding.
        order = np.argsort(sizes, kind="stable")
        self.waiting = deque(zip(windows[order].tolist(), sizes[order].tolist(), strict=True))
        self.tokens = int(sizes.sum())
        self.unanswered = len(self.waiting)

    @property
    def key(self) -> tuple[Schema, bool]:
        """What tasks of one batch have in common."""
        return self.schema, self.answers.matches

    def take(self, budget: int) -> list[int]:
        """The next windows, of `budget` tokens together; at least one."""
        taken: list[int] = []
        while self.waiting and (not taken or self.waiting[0][1] <= budget):
            window, size = self.waiting.popleft()
            taken.append(window)
            self.tokens -= size
            budget -= size
        return taken

    def finish(self) -> None:
        """Decodes what was answered."""
        try:
            documents = self.answers.documents(self.documents)
        except BaseException as error:
            self.fail(error)
        else:
            with suppress(InvalidStateError):  # It is cancelled.
                self.future.set_result(documents)

    def fail(self, error: BaseException) -> None:
        """Hands an error to who waits."""
        with suppress(InvalidStateError):  # It is cancelled, or another batch has failed too.
            self.future.set_exception(error)


class Batcher:
    """Reads tasks on an engine, in batches.

    Args:
        engine: runs the model.
        budget: tokens of a batch; a longer window is one of its own.
        wait: seconds that a task waits for others, even if the engine has nothing to do.
        on_batch: is told of each batch.
    """

    def __init__(
        self, engine: Engine, budget: int = 1536, wait: float = 0.002, on_batch: OnBatch = lambda tasks, tokens: None
    ):
        self._engine, self._budget, self._wait, self._on_batch = engine, budget, wait, on_batch
        self._changed = Condition()
        self._tasks: list[Task] = []
        self._engine_free = Lock()
        self._oldest_first = False
        self._closed = False
        self._runners = [Thread(target=self._run, name=f"batches-{i}", daemon=True) for i in range(RUNNERS)]
        for runner in self._runners:
            runner.start()

    @property
    def waiting(self) -> int:
        """Tokens that no batch has taken yet."""
        with self._changed:
            return sum(task.tokens for task in self._tasks)

    def submit(self, task: Task) -> "Future[list[Document]]":
        """Puts a task among those that wait; its future becomes the documents with their entities.

        Raises:
            RuntimeError: the batcher is closed.
        """
        if not task.waiting:
            task.finish()
            return task.future
        with self._changed:
            if self._closed:
                raise RuntimeError("the batcher is closed")
            self._tasks.append(task)
            self._changed.notify()
        return task.future

    def close(self) -> None:
        """Reads what waits, and ends the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for runner in self._runners:
            runner.join()

    def _run(self) -> None:
        while True:
            finished: list[Task] = []
            with self._engine_free:
                batch = self._next()
                try:
                    if batch:
                        finished = self._read(batch)
                except BaseException as error:
                    for task, _ in batch:
                        task.fail(error)
            if not batch:
                return
            for task in finished:
                task.finish()
            # What was answered is not held while the thread waits for more.
            del batch, finished

    def _next(self) -> list[tuple[Task, list[int]]]:
        """The next batch; empty: there is none any more."""
        with self._changed:
            while True:
                while not self._tasks:
                    if self._closed:
                        return []
                    self._changed.wait()
                until = self._tasks[0].begun + self._wait
                while (left := until - time.monotonic()) > 0 and sum(t.tokens for t in self._tasks) < self._budget:
                    self._changed.wait(left)
                # Nothing: all that waited was cancelled.
                if batch := self._take():
                    return batch

    def _take(self) -> list[tuple[Task, list[int]]]:
        self._tasks = [task for task in self._tasks if task.waiting and not task.future.done()]
        if not self._tasks:
            return []
        self._oldest_first = not self._oldest_first
        by_rest = sorted(self._tasks, key=lambda task: task.tokens)
        head = self._tasks[0] if self._oldest_first else by_rest[0]
        others = [task for task in by_rest if task is not head and task.key == head.key]
        batch: list[tuple[Task, list[int]]] = []
        left = self._budget
        for task in (head, *others):
            # A long text leaves room for others.
            share = left // 2 if task is head and others else left
            if batch and task.waiting[0][1] > left:
                break
            before = task.tokens
            batch.append((task, task.take(share)))
            left -= before - task.tokens
        self._tasks = [task for task in self._tasks if task.waiting]
        self._on_batch(len(batch), self._budget - left)
        return batch

    def _read(self, batch: Sequence[tuple[Task, list[int]]]) -> list[Task]:
        """Lets the engine answer a batch; gives the tasks that are answered as a whole."""
        owners = [(task, window) for task, windows in batch for window in windows]

        def use(window: int, types: np.ndarray, ends: np.ndarray, matches: np.ndarray | None) -> None:
            task, own = owners[window]
            task.answers.add(own, types, ends, matches)

        examples = joined_windows([(task.examples, windows) for task, windows in batch])
        self._engine.answer(examples, use, batch[0][0].answers.matches)
        for task, windows in batch:
            task.unanswered -= len(windows)
        return [task for task, _ in batch if not task.unanswered]
