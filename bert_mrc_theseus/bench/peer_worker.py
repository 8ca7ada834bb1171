"""What a process of `bench peers` does: one contender, on so many cores."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from bert_mrc_theseus.bench.cold_start import SENTENCE
from bert_mrc_theseus.bench.measured_process import peak_memory
from bert_mrc_theseus.bench.peer_programs import PEERS, load_model_folder
from bert_mrc_theseus.text.documents import Entity


class PeerWorker:
    """A contender, made ready.

    Args:
        name: in `PEERS`, or any name of a model folder.
        folder: model folder; None: a program in `PEERS`.
        threads: that it may compute on; where the system can, its process is kept to as many cores.
    """

    def __init__(self, name: str, folder: Path | None, threads: int):
        # Before the libraries that read it are imported.
        os.environ["OMP_NUM_THREADS"] = str(threads)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        start = time.perf_counter()
        self._find = PEERS[name].load() if folder is None else load_model_folder(folder)
        # Some read their dictionaries at the first sentence.
        self._find([SENTENCE.strip()])
        self._load_seconds = time.perf_counter() - start

    def load_seconds(self) -> float:
        """From the import of its library to the answer to a first sentence."""
        return self._load_seconds

    def find(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Entities of each text, of whatever types the contender knows."""
        return self._find(texts)

    def seconds(self, texts: Sequence[str]) -> tuple[float, float]:
        """Seconds that finding the entities of all texts takes, and seconds of processor time, of all threads together."""
        start, start_cpu = time.perf_counter(), time.process_time()
        self._find(texts)
        return time.perf_counter() - start, time.process_time() - start_cpu

    def peak_memory(self) -> float:
        """Peak of this process so far, MB."""
        return peak_memory(os.getpid())
