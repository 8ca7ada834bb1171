"""Where a long job says what it does: a small protocol, so that it can be a terminal, nothing, or another process's log."""

import time
from typing import Any, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole

LINE_SECONDS = 30.0
"""Where there is no terminal, a line is printed as often."""


class Progress(Protocol):
    """What a job tells while it runs."""

    def say(self, text: str) -> None:
        """Something worth reading."""
        ...

    def warn(self, text: str) -> None:
        """Something that is probably wrong."""
        ...

    def begin(self, title: str, total: int, done: int) -> None:
        """A task of `total` steps begins, of which `done` were done before."""
        ...

    def advance(self, done: int, facts: str) -> None:
        """`done` steps of the task are done."""
        ...

    def end(self) -> None:
        """The task is over."""
        ...


class Silence:
    """Says nothing."""

    def say(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def begin(self, title: str, total: int, done: int) -> None: ...

    def advance(self, done: int, facts: str) -> None: ...

    def end(self) -> None: ...


class ConsoleProgress:
    """Prints lines, and a progress bar on a terminal; elsewhere a line every half minute.

    Args:
        console: standard error by default.
    """

    def __init__(self, console: PlainConsole | None = None):
        self._console = console or PlainConsole(stderr=True)
        self._bar: ProgressBar | None = None
        self._title, self._total, self._printed = "", 0, 0.0

    def say(self, text: str) -> None:
        self._print(text)

    def warn(self, text: str) -> None:
        self._print(text, style="red")

    def begin(self, title: str, total: int, done: int) -> None:
        self._title, self._total, self._printed = title, total, time.monotonic()
        self._bar = ProgressBar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(translated(title), total=total, completed=done, facts="")
        self._bar.start()

    def advance(self, done: int, facts: str) -> None:
        if self._bar is None:
            return
        self._bar.update(self._task, completed=done, facts=translated(facts))
        if self._bar.disable and time.monotonic() - self._printed > LINE_SECONDS:
            self._printed = time.monotonic()
            self.say(f"{self._title}: step {done}/{self._total}  {translated(facts)}")

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _print(self, text: str, **options: Any) -> None:
        # In a file, a message is a line.
        self._console.print(translated(text), soft_wrap=not self._console.is_terminal, **options)
