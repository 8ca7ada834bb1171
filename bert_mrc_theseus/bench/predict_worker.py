"""What a process of `bench predict` does: a model on one engine."""

import resource
import time
from pathlib import Path

import numpy as np

from bert_mrc_theseus.bench.contenders import CONTENDERS
from bert_mrc_theseus.bench.workload import Workload, examples_of
from bert_mrc_theseus.decoding.entities import FlatAnswers
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.mrc.examples import Examples


class PredictWorker:
    """A model on one engine.

    Args:
        contender: name in `CONTENDERS`.
        folder: model folder.
    """

    def __init__(self, contender: str, folder: Path):
        self._spec: ModelSpec = load_spec(folder)
        self._engine: Engine = CONTENDERS[contender](folder)

    def run(self, workload: Workload) -> tuple[float, float, list[np.ndarray]]:
        """A whole workload: seconds from token ids to probabilities, seconds from texts to token ids, the probabilities."""
        start = time.perf_counter()
        examples = examples_of(self._spec, workload)
        read = time.perf_counter()
        windows = self._answer(examples)
        return time.perf_counter() - read, read - start, windows

    def latencies(self, workload: Workload) -> list[float]:
        """Seconds of each text on its own, tokenising included."""
        seconds = []
        for text in workload.texts:
            start = time.perf_counter()
            self._answer(examples_of(self._spec, Workload("", (text,), workload.types)))
            seconds.append(time.perf_counter() - start)
        return seconds

    def peak_memory(self) -> float:
        """Peak of this process so far, MB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0

    def _answer(self, examples: Examples) -> list[np.ndarray]:
        answers = FlatAnswers(examples, self._spec.schema)
        self._engine.answer(examples, answers.add)
        return answers.windows
