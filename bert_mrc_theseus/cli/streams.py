"""Standard streams and signals of the program: what a command writes is UTF-8 wherever it goes, and nothing ends in a traceback
because a stream is closed, full, or of another encoding.
"""

import errno
import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any


def prepare_streams() -> None:
    """Makes the standard streams fit to be written to.

    A stream that was closed (`>&-`) is opened again, so that no file gets its number: reading or writing it is an error; but
    standard error goes nowhere.
    """
    modes = {"stdin": os.O_WRONLY, "stdout": os.O_RDONLY, "stderr": os.O_WRONLY}
    for number, (name, flags) in enumerate(modes.items()):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.fstat(number)
                continue
            os.open(os.devnull, flags)  # The lowest free number, which is this one.
            stream: Any = io.FileIO(number, "r" if name == "stdin" else "w", closefd=False)
            buffer = io.BufferedReader(stream) if name == "stdin" else io.BufferedWriter(stream)
            setattr(sys, name, io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace"))
    if isinstance(sys.stdout, io.TextIOWrapper):
        if sys.stdout.isatty():
            # A terminal shows its own encoding.
            sys.stdout.reconfigure(errors="backslashreplace")
        else:
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def end_on_signals() -> None:
    """Lets SIGTERM and SIGHUP end the program as Ctrl-C does: what is half-written is removed. A second one ends it at once."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Not where another one listens, and not for `nohup`.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            with suppress(ValueError):  # Only the main thread may.
                signal.signal(number, end)


def can_be_written(stream: Any) -> bool:
    """Whether a stream takes what it still holds."""
    try:
        stream.flush()
    except (OSError, ValueError):
        return False
    return True


def discard(stream: Any) -> None:
    """After a stream could not be written: Python would complain again while it shuts down."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def describe(error: OSError) -> str:
    """An error of the operating system in one line: which file, why, and what its notes say is there now."""
    reason = "it is closed" if error.errno == errno.EBADF else error.strerror or str(error) or type(error).__name__
    name = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename
    notes = "; ".join(getattr(error, "__notes__", ()))
    return ("" if name is None else f"{name}: ") + reason + (f" ({notes})" if notes else "")
