"""The threads of an engine: one pool, however many callers it has."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def available_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ThreadPool:
    """Threads that work off lists of items. They start when needed and end with the pool, also when it is forgotten.

    Args:
        threads: that work at the same time for one caller.
    """

    def __init__(self, threads: int):
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="engine")

    def submit(self, function: Callable[..., Result], *arguments: object) -> Future[Result]:
        """Runs a function on one of the threads; it may call `for_each` itself."""
        return self._executor.submit(function, *arguments)

    def for_each(self, function: Callable[[Item], None], items: Iterable[Item]) -> None:
        """Calls a function on each item, on several threads, and returns when all are done.

        The calling thread takes items too: if all others are busy it does the whole work alone, so that callers which are
        threads of this pool cannot wait for each other.

        Raises:
            Exception: what the function raised first; items that had not begun are left out.
        """
        waiting = [partial(function, item) for item in items]
        waiting.reverse()
        errors: list[BaseException] = []

        def work() -> None:
            while not errors:
                try:
                    call = waiting.pop()
                except IndexError:
                    return
                try:
                    call()
                except BaseException as error:
                    errors.append(error)

        helpers = [self._executor.submit(work) for _ in range(min(self._threads, len(waiting)) - 1)]
        try:
            work()
        finally:
            # One that has not begun has nothing left to do.
            wait([helper for helper in helpers if not helper.cancel()])
            # The pool keeps it until a thread is free: without what the function holds.
            waiting.clear()
        if errors:
            try:
                raise errors[0]
            finally:
                # The error knows this frame: held by it, both would wait for the garbage collector, and the engine with them.
                errors.clear()

    def close(self) -> None:
        """Ends the threads when what they are doing is done."""
        self._executor.shutdown()
