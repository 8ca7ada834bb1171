"""Commands that are told to end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def terminated_as_by_ctrl_c() -> Iterator[None]:
    """Meanwhile SIGTERM, as schedulers and containers send it, is a `KeyboardInterrupt`: what is half-done is undone."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
