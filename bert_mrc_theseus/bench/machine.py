"""What a benchmark ran on, and how fast that can multiply matrices at all."""

import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.engines.thread_pool import available_cores
from bert_mrc_theseus.provenance import library_versions

LIBRARIES = ("numpy", "onnxruntime", "keras", "tensorflow", "torch", "transformers", "paddlepaddle")


def describe_machine() -> dict[str, Any]:
    """Processor, whether it has VNNI, cores that this process may use, and versions of the libraries that are installed."""
    return {
        "processor": _processor(),
        "vnni": _has_vnni(),
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
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _has_vnni() -> bool | None:
    """Whether the processor has the dot products of bytes that make int8 fast; None: not known."""
    flags = _cpuinfo("flags")
    return None if flags is None else not {"avx512_vnni", "avx_vnni"}.isdisjoint(flags.split())


def _cpuinfo(field: str) -> str | None:
    """The first value of a field that Linux tells of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.partition(":")[0].strip() == field:
                return line.partition(":")[2].strip()
    return None
