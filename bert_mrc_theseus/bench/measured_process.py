"""A command's wall time and peak memory."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bert_mrc_theseus.errors import UserError

POLL = 0.005
"""Seconds between two looks at a process."""


def predict_command(model: Path, *arguments: str) -> list[str]:
    """`bert-mrc-theseus predict` by this Python."""
    return [sys.executable, "-m", "bert_mrc_theseus", "predict", "--model", str(model), *arguments]


def run_measured(command: Sequence[str], stdin: bytes = b"") -> tuple[float, float]:
    """Seconds from start to end of a command, and the peak of its resident memory in MB; its output is thrown away.

    Args:
        command: program and arguments.
        stdin: at most a pipe's worth (64 kB).

    Raises:
        UserError: the command failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    peak = 0.0
    # What wait4 reports would include this process, from which the other was forked.
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        time.sleep(POLL)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise UserError(f"`{' '.join(command)}` failed with status {process.returncode}")
    return seconds, peak


def peak_memory(pid: int) -> float:
    """Peak of a process's resident memory in MB, from Linux's /proc; 0 elsewhere, or if the process has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024.0 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
