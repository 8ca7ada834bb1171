"""A contender in a process of its own, so that thread pools do not meet and peak memory is its own."""

import multiprocessing
from collections.abc import Callable
from typing import Any


class Worker:
    """An object in a process of its own.

    Args:
        factory: a module's function (or class) that makes the object there, at the first call.
        arguments: its arguments.
    """

    def __init__(self, factory: Callable[..., Any], *arguments: Any):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, factory, arguments), daemon=True)
        self._process.start()
        theirs.close()

    def call(self, method: str, *arguments: Any) -> Any:
        """Calls a method of the object.

        Raises:
            RuntimeError: it failed; the message is the worker's.
        """
        self._pipe.send((method, arguments))
        try:
            good, value = self._pipe.recv()
        except EOFError as error:
            raise RuntimeError("a benchmark process ended by itself; is there enough memory?") from error
        if not good:
            raise RuntimeError(value)
        return value

    def stop(self) -> None:
        self._pipe.close()
        self._process.join(timeout=10)
        self._process.kill()


def _serve(pipe: Any, factory: Callable[..., Any], arguments: tuple) -> None:
    served = None
    while True:
        try:
            method, values = pipe.recv()
        except EOFError:
            return
        try:
            served = served or factory(*arguments)
            pipe.send((True, getattr(served, method)(*values)))
        except Exception as error:
            pipe.send((False, f"{factory.__name__} {arguments[0]}: {error!r}"[:1000]))
