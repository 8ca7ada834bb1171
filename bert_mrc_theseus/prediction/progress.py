"""How far a prediction is, for people: a bar on a terminal, and a line of what was found."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import PIECE, open_binary
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.prediction.inputs import form_of
from bert_mrc_theseus.tables.kinds import TYPED
from bert_mrc_theseus.text.documents import Document

if TYPE_CHECKING:
    from rich.progress import Progress

REFRESHED = 0.1
"""Seconds between two looks of the bar."""


class PredictionProgress:
    """Counts documents as they come, and draws a bar meanwhile.

    Args:
        console: what the bar is drawn on; None: no bar.
        total: how many documents there will be, about; None: nobody knows.
        done: how many of them were done before.

    Attributes:
        documents, characters: that have come.
        entities: by type.
    """

    def __init__(self, console: PlainConsole | None, total: int | None = None, done: int = 0):
        self.documents, self.characters, self.entities = 0, 0, Counter[str]()
        self._begun, self._done, self._total, self._drawn = time.monotonic(), done, total, 0.0
        self._bar = None if console is None else _new_bar(console, total, done)

    def __enter__(self) -> "PredictionProgress":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def follow(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The same documents, counted when they come."""
        for document in documents:
            self.documents += 1
            self.characters += len(document.text)
            self.entities.update(entity.type for entity in document.entities)
            if self._bar is not None and time.monotonic() - self._drawn > REFRESHED:
                self._drawn = time.monotonic()
                self._bar.update(
                    self._bar.task_ids[0], completed=self._done + self.documents, facts=translated(self._facts())
                )
            yield document

    def summary(self, skipped: int) -> str:
        """What was found, in a line.

        Args:
            skipped: records that could not be read or written.
        """
        kinds = ", ".join(f"{name} {count:,}" for name, count in self.entities.most_common())
        before = f" behind {self._done:,} that were finished before" if self._done else ""
        return (
            f"{self.documents:,} documents{before}, {self.characters:,} characters in {self._seconds():.1f} s; "
            f"{self.entities.total():,} entities{f': {kinds}' if kinds else ''}; {skipped:,} records skipped"
        )

    def _facts(self) -> str:
        of_all = "" if self._total is None else f"/{self._total:,}"
        speed = self.characters / max(self._seconds(), 0.001)
        return f"{self._done + self.documents:,}{of_all} documents, {speed:,.0f} characters/s"

    def _seconds(self) -> float:
        return time.monotonic() - self._begun


def _new_bar(console: PlainConsole, total: int | None, done: int) -> "Progress":
    # Imported where it is drawn: a sentence on the command line need not wait for it.
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    how_long = () if total is None else (BarColumn(), TimeRemainingColumn(elapsed_when_finished=True))
    bar = Progress(
        TextColumn("{task.fields[facts]}", markup=False),
        *how_long,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("", total=total, completed=done, facts="")
    return bar


def count_documents(files: Iterable[str], whole_files: bool, form: str) -> int | None:
    """How many documents files hold, about: their lines, or the files themselves. Reading them is quick beside predicting.

    Args:
        files, whole_files, form: see `inputs.read_inputs`.

    Returns:
        None if that cannot be said beforehand: of standard input, pipes, files elsewhere, JSON that is a list, Parquet, Arrow.
    """
    total = 0
    for file in files:
        kind = form_of(file) if form == "auto" else form
        if kind in ("json", *TYPED) or not Path(file).is_file():
            return None
        total += 1 if whole_files and kind == "text" else _lines(file)
    return total


def _lines(file: str) -> int:
    try:
        with open_binary(file) as stream:
            return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(PIECE), b""))
    except (DataError, OSError, EOFError):
        return 0  # Its reader says what is wrong with it.
