"""What a benchmark ran on, and how fast that can multiply matrices at all."""

import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.engines.thread_pool import available_cores
from bert_mrc_theseus.provenance import library_versions

LIBRARIES = ("numpy", "onnxruntime", "keras", "tensorflow", "torch", "transformers")


def describe_machine() -> dict[str, Any]:
    """Processor, cores that this process may use, and versions of the libraries that are installed."""
    return {
        "processor": _processor(),
        "cores": available_cores(),
        "python": platform.python_version(),
        "versions": library_versions(LIBRARIES),
    }


def matmul_peak(size: int = 1536, seconds: float = 1.0) -> float:
    """Largest GFLOP/s of a float32 product of two square matrices, by NumPy on all cores."""
    random = np.random.default_rng(0)
    a, b = (random.standard_normal((size, size), np.float32) for _ in range(2))
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        a @ b
        best = max(best, 2.0 * size**3 / (time.perf_counter() - start) / 1e9)
    return best


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
