"""A contender in a process of its own, so that thread pools do not meet and peak memory is its own."""

import multiprocessing
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.bench.contenders import CONTENDERS
from bert_mrc_theseus.bench.workload import Workload, examples_of
from bert_mrc_theseus.inference import window_probabilities
from bert_mrc_theseus.model_folder import load_model


class Worker:
    """One contender with one model, started and ready.

    Args:
        contender: name in `CONTENDERS`.
        folder: model folder.
    """

    def __init__(self, contender: str, folder: Path):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, contender, str(folder)), daemon=True)
        self._process.start()
        theirs.close()

    def call(self, method: str, *arguments: Any) -> Any:
        """Runs one of `_Served`'s methods there.

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


class _Served:
    def __init__(self, contender: str, folder: Path):
        self.model = load_model(folder)
        self.engine = CONTENDERS[contender](folder)

    def run(self, workload: Workload) -> tuple[float, list[np.ndarray]]:
        """Seconds for a whole workload from token ids to probabilities, and the probabilities."""
        examples = examples_of(self.model, workload)
        start = time.perf_counter()
        found = window_probabilities(self.engine, examples)
        return time.perf_counter() - start, found

    def latencies(self, workload: Workload) -> list[float]:
        """Seconds of each text on its own, tokenising included."""
        seconds = []
        for text in workload.texts:
            start = time.perf_counter()
            window_probabilities(self.engine, examples_of(self.model, Workload("", (text,), workload.types)))
            seconds.append(time.perf_counter() - start)
        return seconds

    def peak_memory(self) -> float:
        """MB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _serve(pipe: Any, contender: str, folder: str) -> None:
    served: _Served | None = None
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:
            return
        try:
            served = served or _Served(contender, Path(folder))
            pipe.send((True, getattr(served, method)(*arguments)))
        except Exception as error:
            pipe.send((False, f"{contender}: {error!r}"))
