"""Texts of concurrent requests, read in common batches, each on one thread of the engine.

What waits is tasks: windows of some texts. A batch takes windows of several tasks that ask the same queries, as long as they
are nearly of one length: what padding costs is soon more than what a batch saves. Every other batch begins with the task that
needs the fewest batches more, so that short texts do not wait for long ones; the one after it with the task that has waited
longest, so that long texts end too.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition

import numpy as np

from bert_mrc_theseus.decoding.entities import Answers
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.mrc.examples import Examples, joined_windows
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema

RUN = 5
"""Tokens of padding that cost as much as a batch does beside its tokens (measured with ner-zh-small in int8)."""

TURN = 16
"""Batches that a thread of the engine reads before it looks what else it was given to do: calls for help with batches of other
threads, which would pile up while all are busy.
"""

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

    def take(self, batch: "Batch") -> None:
        """Gives a batch the next windows, as many as it has room for."""
        taken: list[int] = []
        while self.waiting and batch.has_room(self.waiting[0][1]):
            window, size = self.waiting.popleft()
            batch.add(size)
            taken.append(window)
            self.tokens -= size
        if taken:
            batch.parts.append((self, taken))

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


@dataclass(eq=False)
class Batch:
    """Windows that are read together.

    Attributes:
        budget: its tokens, padding included; a longer window is a batch of its own.
        parts: tasks, and which of their windows.
        rows: windows.
        longest: tokens of the longest one.
        tokens: of all, without padding.
    """

    budget: int
    parts: list[tuple[Task, list[int]]] = field(default_factory=list)
    rows: int = 0
    longest: int = 0
    tokens: int = 0

    def has_room(self, size: int) -> bool:
        """Whether a window of so many tokens costs less here than in a batch of its own."""
        longest = max(self.longest, size)
        padding = longest * (self.rows + 1) - self.longest * self.rows - size
        return not self.rows or (longest * (self.rows + 1) <= self.budget and padding <= RUN)

    def add(self, size: int) -> None:
        """Counts a window."""
        self.rows, self.longest, self.tokens = self.rows + 1, max(self.longest, size), self.tokens + size


class Batcher:
    """Reads tasks on the threads of an engine, in batches.

    Args:
        engine: runs the model; a thread of it that has no batch helps another with its own.
        threads: of the engine.
        budget: tokens of a batch, see `Batch`.
        wait: seconds that a task waits for others, even if the engine has nothing to do.
        on_batch: is told of each batch.
    """

    def __init__(
        self,
        engine: Engine,
        threads: int,
        budget: int = 384,
        wait: float = 0.0,
        on_batch: OnBatch = lambda tasks, tokens: None,
    ):
        self._engine, self._threads = engine, threads
        self._budget, self._wait, self._on_batch = budget, wait, on_batch
        self._changed = Condition()
        self._tasks: list[Task] = []
        self._running = 0
        """Threads of the engine that read batches, or soon will."""
        self._oldest_first = False
        self._closed = False

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
            # A task of many batches is no one thread's: what a model with words reads of a batch is not shared out.
            starts = min(self._threads - self._running, max(1, -(-task.tokens // self._budget)))
            self._running += starts
        for _ in range(starts):
            self._engine.submit(self._run)
        return task.future

    def close(self) -> None:
        """Waits until all that it took is read."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._running)

    def _run(self) -> None:
        """Reads batches until there are none, or until others' turn on this thread has come."""
        for _ in range(TURN):
            batch = self._next()
            if batch is None:
                return
            finished: list[Task] = []
            try:
                finished = self._read(batch)
            except BaseException as error:
                for task, _ in batch.parts:
                    task.fail(error)
            for task in finished:
                task.finish()
        self._engine.submit(self._run)

    def _next(self) -> Batch | None:
        """The next batch; None: nothing waits, and this thread ends."""
        with self._changed:
            while self._tasks:
                until = self._tasks[0].begun + self._wait
                left = until - time.monotonic()
                if left > 0 and not self._closed and sum(t.tokens for t in self._tasks) < self._budget:
                    self._changed.wait(left)
                elif batch := self._take():
                    return batch
            self._running -= 1
            self._changed.notify_all()
            return None

    def _take(self) -> Batch | None:
        self._tasks = [task for task in self._tasks if task.waiting and not task.future.done()]
        if not self._tasks:
            return None
        self._oldest_first = not self._oldest_first
        # The older one of those that need as many batches.
        head = self._tasks[0] if self._oldest_first else min(self._tasks, key=lambda t: t.tokens // self._budget)
        batch = Batch(self._budget)
        head.take(batch)
        others = [task for task in self._tasks if task is not head and task.key == head.key]
        for task in sorted(others, key=lambda task: abs(task.waiting[0][1] - batch.longest)):
            task.take(batch)
        self._tasks = [task for task in self._tasks if task.waiting]
        self._on_batch(len(batch.parts), batch.tokens)
        return batch

    def _read(self, batch: Batch) -> list[Task]:
        """Lets the engine answer a batch; gives the tasks that are answered as a whole."""
        owners = [(task, window) for task, windows in batch.parts for window in windows]

        def use(window: int, types: np.ndarray, ends: np.ndarray, matches: np.ndarray | None) -> None:
            task, own = owners[window]
            task.answers.add(own, types, ends, matches)

        examples = joined_windows([(task.examples, windows) for task, windows in batch.parts])
        self._engine.answer(examples, use, batch.parts[0][0].answers.matches)
        with self._changed:
            for task, windows in batch.parts:
                task.unanswered -= len(windows)
            return [task for task, _ in batch.parts if not task.unanswered]
