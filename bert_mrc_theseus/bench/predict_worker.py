"""What a worker of `bench predict` does."""

import resource
import time
from pathlib import Path

import numpy as np

from bert_mrc_theseus.bench.contenders import CONTENDERS
from bert_mrc_theseus.bench.workload import Workload, examples_of
from bert_mrc_theseus.model_files.model_folder import load_model


class Predictor:
    """A model on one engine.

    Args:
        contender: name in `CONTENDERS`.
        folder: model folder.
    """

    def __init__(self, contender: str, folder: Path):
        self.model = load_model(folder, tensors=False)
        self.engine = CONTENDERS[contender](folder)

    def run(self, workload: Workload) -> tuple[float, list[np.ndarray]]:
        """Seconds for a whole workload from token ids to probabilities, and the probabilities."""
        examples = examples_of(self.model, workload)
        start = time.perf_counter()
        found = self.engine(examples)
        return time.perf_counter() - start, found

    def latencies(self, workload: Workload) -> list[float]:
        """Seconds of each text on its own, tokenising included."""
        seconds = []
        for text in workload.texts:
            start = time.perf_counter()
            self.engine(examples_of(self.model, Workload("", (text,), workload.types)))
            seconds.append(time.perf_counter() - start)
        return seconds

    def peak_memory(self) -> float:
        """MB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
