"""The ONNX engine: an exported model on ONNX Runtime. No TensorFlow, and a fast start."""

import os
from pathlib import Path

import numpy as np
import onnxruntime

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.inference import Engine

INPUTS = ("token_ids", "query_lengths", "lengths")

BUDGET = 768
"""Tokens of a batch: its hidden states stay in a core's cache."""


def onnx_engine(source: str | Path | bytes, workers: int | None = None) -> Engine:
    """An engine from a file that `export --to onnx` wrote.

    Each worker runs a batch of its own on one core; several cores on one batch would wait for each other after every operator.

    Args:
        source: the file, or its content.
        workers: by default as many as this process has cores.

    Raises:
        ModelError: the file is absent or damaged.
    """
    session = open_session(source)

    def run(batch: dict[str, np.ndarray]) -> np.ndarray:
        return session.run(["probabilities"], {name: batch[name] for name in INPUTS})[0]

    return Engine(run, BUDGET, workers or available_cores())


def open_session(source: str | Path | bytes) -> onnxruntime.InferenceSession:
    """A session that computes on the thread that calls it.

    Raises:
        ModelError: see `onnx_engine`.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        content = source if isinstance(source, bytes) else str(source)
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions have no common base
        name = "the graph" if isinstance(source, bytes) else source
        raise ModelError(f"{name} cannot be loaded by ONNX Runtime {onnxruntime.__version__}: {error}") from error


def available_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
