"""A prediction that can be killed and goes on: what is finished of an output, and how far that reaches.

Beside the output lie two files as long as it is not complete: `NAME.partial`, its beginning; and `NAME.journal`, JSON lines, of
which the first says what the prediction depends on and each further one how many documents a number of bytes holds. Bytes
behind the last line's are not counted on: they are cut off when it goes on. At the end `NAME.partial` becomes `NAME`.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.files.atomic_files import keep_rights, naming_errors
from bert_mrc_theseus.files.packed_files import is_packed
from bert_mrc_theseus.files.places import check_place
from bert_mrc_theseus.files.temporary_files import try_lock

SECONDS = 1.0
"""How much work a kill may cost: so often what is finished goes to the disk."""


class Journal:
    """The unfinished output of a prediction, new or found; one command at a time writes it.

    Args:
        out: the output; see `check`.
        depends_on: what must be the same to go on, by name.

    Raises:
        UserError: what was begun depends on something else, or another command is at it.
        OSError: a file cannot be written.

    Example:
        >>> with Journal(Path("out.jsonl"), {"inputs": "a"}) as journal:
        ...     journal.begin("")
        ...     journal.add("{}\\n", written=1)
        ...     journal.finish("")
        0
    """

    def __init__(self, out: Path, depends_on: Mapping[str, Any]):
        self._out, self._path = out, _beside(out, "journal")
        self._partial_path = _beside(out, "partial")
        # Bytes that are finished, and what they hold: one value, so that no signal comes between the two.
        self._finished: tuple[int, Counter[str]] | None = None
        self._complete = False
        self._saved = time.monotonic()
        with naming_errors(out, always=True):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lines = _opened(self._path)
        if not try_lock(self._lines.fileno()) or not self._path.exists():
            self._lines.close()
            raise UserError(f"another command is writing {out}")
        new = os.fstat(self._lines.fileno()).st_size == 0
        try:
            with naming_errors(out, always=True):
                self._partial = self._go_on(json.loads(json.dumps(depends_on, default=str)))
        except BaseException:
            with suppress(OSError):
                if new:
                    self._path.unlink()
                self._lines.close()
            raise

    @property
    def begun(self) -> bool:
        """Whether anything was written."""
        return self._finished is not None

    @property
    def counts(self) -> Counter[str]:
        """How many "documents" are finished, how many of them were "written", how many entities "lost"; see `add`."""
        return Counter() if self._finished is None else self._finished[1]

    @staticmethod
    def check(out: Path | None) -> None:
        """Refuses an output that has no place for a journal.

        Raises:
            UsageError: it is standard output, no regular file, or compressed; or the names beside it are too long or taken.
        """
        if out is None or (out.exists() and not out.is_file()):
            raise UsageError("--resume needs a file to write to: -o FILE")
        if is_packed(out):
            raise UsageError(
                f"--resume does not write compressed files: name one without .gz or .zst, and compress it at the end ({out})"
            )
        partial, journal = _beside(out, "partial"), _beside(out, "journal")
        for path in (partial, journal):
            check_place(path)
        if _size_of(partial) and not journal.exists():
            raise UsageError(
                f"{partial} is in the way: --resume writes a file of that name, and did not write this one"
            )

    @staticmethod
    def refuse_unfinished(out: Path) -> None:
        """For a prediction without journal.

        Raises:
            UsageError: the output was begun with one.
        """
        path = _beside(out, "journal")
        if path.exists():
            raise UsageError(
                f"{out} was begun with --resume and is not complete: go on with --resume, or remove {path} and "
                f"{_beside(out, 'partial')}"
            )

    @staticmethod
    def refuse_work_of_others(out: Path) -> None:
        """For any prediction.

        Raises:
            UsageError: the output is the beginning, or the journal, of another one that is not complete.
        """
        target = Path(os.path.realpath(out))
        other = target.with_suffix("")
        if target.suffix in (".partial", ".journal") and other.name and _beside(other, "journal").exists():
            raise UsageError(
                f"{out} belongs to {other}, which was begun with --resume and is not complete: write to another file"
            )

    def begin(self, head: str) -> None:
        """Writes what stands before all documents."""
        data = head.encode()
        self._partial.write(data)
        self._finished = len(data), Counter()

    def add(self, text: str, **counts: int) -> None:
        """Writes a document, behind the beginning.

        Args:
            text: what is written of it.
            counts: what it adds to `counts`.
        """
        assert self._finished is not None
        data = text.encode()
        self._partial.write(data)
        self._finished = self._finished[0] + len(data), self.counts + Counter({"documents": 1, **counts})
        if time.monotonic() - self._saved >= SECONDS:
            self._save()

    def finish(self, tail: str) -> int:
        """Writes what stands behind all documents, and gives the output its name.

        Returns:
            How many entities were lost.
        """
        with naming_errors(self._out, always=True):
            if not self._complete:
                assert self._finished is not None
                data = tail.encode()
                self._partial.write(data)
                self._finished = self._finished[0] + len(data), self.counts
                self._save(complete=True)
            target = Path(os.path.realpath(self._out))
            if self._partial_path.exists():
                self._partial.close()
                os.replace(self._partial_path, target)
            self._path.unlink()
        return self.counts["lost"]

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # A full disk: what was saved before counts.
            if not self.begun:
                self._path.unlink()
                self._partial_path.unlink()
            elif not self._complete:
                self._save()
        for stream in (self._partial, self._lines):
            with suppress(OSError):
                stream.close()

    def _go_on(self, depends_on: dict[str, Any]) -> BinaryIO:
        """Reads the journal, cuts off what it does not answer for, and opens the unfinished output at its end."""
        size, out_size = _size_of(self._partial_path), _size_of(self._out)
        found, kept = None, 0
        for number, line in enumerate(self._lines):
            try:
                record = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                record = None
            if record is None:  # Killed while it was written.
                break
            if number == 0:
                self._compare(record, depends_on)
            elif record["bytes"] <= (size or 0) or (
                record["complete"] and size is None and record["bytes"] == out_size
            ):
                found = record
            kept += len(line)
        self._lines.seek(kept)
        self._lines.truncate()
        if kept == 0:
            self._lines.write(json.dumps(depends_on).encode() + b"\n")
            self._lines.flush()
        if found is not None:
            self._finished, self._complete = (found["bytes"], Counter(found["counts"])), found["complete"]
        if self._complete and size is None:
            return open(os.devnull, "r+b")
        partial = _opened(self._partial_path)
        keep_rights(self._partial_path.with_suffix(""), self._partial_path)
        partial.truncate(0 if self._finished is None else self._finished[0])
        partial.seek(0, os.SEEK_END)
        return partial

    def _compare(self, found: dict[str, Any], expected: dict[str, Any]) -> None:
        other = [name for name in {**found, **expected} if found.get(name) != expected.get(name)]
        if other:
            raise UserError(
                f"{self._out} was begun with other {', '.join(other)}: go on with the same, or remove {self._path} and "
                f"{self._partial_path} to begin again"
            )

    def _save(self, complete: bool = False) -> None:
        assert self._finished is not None
        self._partial.flush()
        os.fsync(self._partial.fileno())
        record = {"bytes": self._finished[0], "counts": dict(self._finished[1]), "complete": complete}
        self._lines.write(json.dumps(record).encode() + b"\n")
        self._lines.flush()
        if complete:
            os.fsync(self._lines.fileno())
            self._complete = True
        self._saved = time.monotonic()


def _size_of(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def _beside(out: Path, kind: str) -> Path:
    target = Path(os.path.realpath(out))
    return target.with_name(f"{target.name}.{kind}")


def _opened(path: Path) -> BinaryIO:
    """A file for reading and writing, made if there is none."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b")
