"""`bench peers`: our models beside programs of others, on the same texts in one run.

Strict F1 of the names that all know: persons, places, organisations; entities of other types are left out, of gold and of
what is found, see `name_types`. Contenders run in processes of their own, in turns, on equally many threads; of each, the
fastest round counts.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bert_mrc_theseus.bench.disk_size import files_size, libraries_size, requirements
from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.bench.name_types import NAME_TYPES, gold_types, name_entities, only_names
from bert_mrc_theseus.bench.own_process import OwnProcess
from bert_mrc_theseus.bench.peer_programs import PEERS
from bert_mrc_theseus.bench.peer_worker import PeerWorker
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.provenance import DISTRIBUTION, package_version
from bert_mrc_theseus.text.documents import Document, Entity


@dataclass(frozen=True)
class Contender:
    """Who takes part.

    Attributes:
        name: for the table; of a program in `PEERS` its name there.
        folder: model folder; None: a program in `PEERS`.
    """

    name: str
    folder: Path | None = None

    @property
    def missing(self) -> str:
        """Why it cannot run; empty if it can be tried."""
        return "" if self.folder else PEERS[self.name].missing

    @property
    def version(self) -> str:
        """Of this package, or of the program."""
        return package_version() if self.folder else version(PEERS[self.name].distribution)

    def sizes(self) -> tuple[float, float]:
        """MB of what it computes with, and of the libraries that it needs."""
        if self.folder:
            return files_size([self.folder]), libraries_size(requirements(DISTRIBUTION))
        peer = PEERS[self.name]
        return files_size(peer.paths), libraries_size(peer.libraries)


@dataclass(frozen=True)
class PeerRow:
    """A contender.

    Attributes:
        contender: its name.
        version: of this package, or of the program.
        scores: strict scores of each data file, see `Scores.to_dict`.
        sentences_per_second: of the fastest round, from texts to entities.
        sentences_per_cpu_second: the same by processor time, which does not count what other programs did meanwhile.
        load_seconds: from the import of its library to the first answer, of the fastest start.
        memory: peak of its process, MB.
        files: what it computes with (weights, dictionaries), MB on the disk.
        libraries: the libraries that it needs, MB on the disk.
    """

    contender: str
    version: str
    scores: dict[str, Any]
    sentences_per_second: float
    sentences_per_cpu_second: float
    load_seconds: float
    memory: float
    files: float
    libraries: float


def bench_peers(
    contenders: Sequence[Contender],
    data: Mapping[str, Sequence[Document]],
    texts: Sequence[str],
    rounds: int,
    threads: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Runs the benchmark.

    Args:
        contenders: those that cannot run here are left out, with a reason.
        data: documents with their gold entities, by a name for the table.
        texts: to time; none is empty.
        rounds: timed rounds.
        threads: of each contender.
        say: gets a line of progress.

    Returns:
        `{"machine", "threads", "rounds", "timed", "data", "rows", "left_out"}`, see `PeerRow`; the machine with its load
        average before the run.

    Raises:
        UserError: no contender can run.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    run = _Run(threads, say)
    try:
        found = {}
        for contender in contenders:
            if contender.missing:
                run.leave_out(contender, contender.missing)
                continue
            say(f"{contender.name}: all texts")
            answers = run.answers(contender, data)
            if answers is not None:
                found[contender] = answers
        for number in range(rounds):
            for contender in list(found):
                say(f"{contender.name}: round {number + 1} of {rounds}")
                if not run.round(contender, texts):
                    del found[contender]
        if not found:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in run.left_out.items())
            raise UserError(f"no contender can run: {reasons}")
        rows = [run.row(contender, data, answers, len(texts)) for contender, answers in found.items()]
    finally:
        run.stop()
    return {
        "machine": {**describe_machine(), "load_average": load if load is None else round(load, 1)},
        "threads": threads,
        "rounds": rounds,
        "timed": {"sentences": len(texts), "characters": sum(map(len, texts))},
        "data": {
            name: {"sentences": len(documents), "types": gold_types(documents)} for name, documents in data.items()
        },
        "rows": [asdict(row) for row in rows],
        "left_out": run.left_out,
    }


class _Run:
    """The processes of the contenders and what they have said; one that fails is left out from then on."""

    def __init__(self, threads: int, say: Callable[[str], None]):
        self.left_out: dict[str, str] = {}
        self._threads = threads
        self._say = say
        self._processes: dict[Contender, OwnProcess] = {}
        self._seconds: dict[Contender, list[tuple[float, float]]] = {}
        self._loads: dict[Contender, list[float]] = {}

    def leave_out(self, contender: Contender, reason: str) -> None:
        self.left_out[contender.name] = reason
        self._say(f"left out: {contender.name}: {translated(reason)}")

    def answers(
        self, contender: Contender, data: Mapping[str, Sequence[Document]]
    ) -> dict[str, list[list[Entity]]] | None:
        """What it finds in all documents, by file; None: it failed. This pays for memory and caches too."""
        self._processes[contender] = process = self._process(contender)
        try:
            self._loads[contender] = [process.call("load_seconds")]
            self._seconds[contender] = []
            return {
                name: process.call("find", [document.text for document in documents])
                for name, documents in data.items()
            }
        except RuntimeError as error:
            self.leave_out(contender, str(error))
            return None

    def round(self, contender: Contender, texts: Sequence[str]) -> bool:
        """A timed round, and a start of a process of its own; False: it failed."""
        fresh = self._process(contender)
        try:
            self._loads[contender].append(fresh.call("load_seconds"))
            self._seconds[contender].append(self._processes[contender].call("seconds", texts))
        except RuntimeError as error:
            self.leave_out(contender, str(error))
            return False
        finally:
            fresh.stop()
        return True

    def row(
        self,
        contender: Contender,
        data: Mapping[str, Sequence[Document]],
        answers: dict[str, list[list[Entity]]],
        count: int,
    ) -> PeerRow:
        files, libraries = contender.sizes()
        return PeerRow(
            contender.name,
            contender.version,
            {name: _scores(documents, answers[name]) for name, documents in data.items()},
            round(count / min(seconds for seconds, _ in self._seconds[contender]), 2),
            round(count / min(seconds for _, seconds in self._seconds[contender]), 2),
            round(min(self._loads[contender]), 3),
            round(self._processes[contender].call("peak_memory"), 1),
            round(files, 1),
            round(libraries, 1),
        )

    def stop(self) -> None:
        for process in self._processes.values():
            process.stop()

    def _process(self, contender: Contender) -> OwnProcess:
        return OwnProcess(PeerWorker, contender.name, contender.folder, self._threads)


def _scores(documents: Sequence[Document], found: list[list[Entity]]) -> dict[str, Any]:
    """Strict scores of the names."""
    predicted = [
        replace(document, entities=name_entities(entities, document.annotated), annotated=None)
        for document, entities in zip(documents, found, strict=True)
    ]
    return strict_scores([only_names(document) for document in documents], predicted, NAME_TYPES).to_dict()
