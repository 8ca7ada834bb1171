"""A contender in a process of its own, so that thread pools do not meet and peak memory is its own."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

_object: Any = None
"""What a process holds, made once by `_make`."""


class OwnProcess:
    """An object in a process of its own.

    Args:
        factory: a module's function (or class) that makes the object there, at the first call.
        arguments: its arguments.
    """

    def __init__(self, factory: Callable[..., Any], *arguments: Any):
        self._made_by = (factory, arguments)
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def call(self, method: str, *arguments: Any) -> Any:
        """Calls a method of the object.

        Raises:
            RuntimeError: it failed, or the process ended.
        """
        factory, given = self._made_by
        try:
            return self._process.submit(_call, factory, given, method, arguments).result()
        except BrokenProcessPool as error:
            raise RuntimeError("a benchmark process ended by itself; is there enough memory?") from error
        except Exception as error:
            raise RuntimeError(f"{factory.__name__} {given[0]}: {error!r}"[:1000]) from error

    def stop(self) -> None:
        """Ends the process."""
        self._process.shutdown(cancel_futures=True)


def _call(factory: Callable[..., Any], given: tuple, method: str, arguments: tuple) -> Any:
    global _object
    if _object is None:
        _object = factory(*given)
    return getattr(_object, method)(*arguments)
