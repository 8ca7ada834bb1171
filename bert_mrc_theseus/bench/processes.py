"""`bench processes`: the same texts by `predict` alone, by its workers, and by the actors of a Ray cluster on this machine."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import write_documents

POLL = 0.2
"""Seconds between two looks at the processes."""

Entities = list[list[tuple[int, int, str, float]]]
"""Of each document (start, end, type, score)."""


def bench_processes(model: Path, texts: Sequence[str], workers: int, ray: bool) -> dict[str, Any]:
    """Runs each way of predicting on one text, for its start-up, and on all.

    Args:
        model: model folder.
        texts: what is predicted.
        workers: processes, or actors.
        ray: run the actors too.

    Returns:
        `{"machine", "rows"}`, a row a way: seconds of start-up and of all texts, texts a second without start-up, seconds of
        CPU, the part of these that the parent (Ray: all but the actors) used, and how many documents have other entities
        than those of the first row, and by how much scores differ.

    Raises:
        UserError: a command failed.
    """
    ways: dict[str, tuple[list[str], Callable[[Path], Iterator[list[dict[str, Any]]]]]] = {
        "alone": (["predict", "in.jsonl", "-o", "out"], _lines),
        f"--workers {workers}": (["predict", "in.jsonl", "-o", "out", "--workers", str(workers)], _lines),
    }
    if ray:
        ways[f"Ray, {workers} actors"] = (
            [
                "predict-ray",
                "in.jsonl",
                "-o",
                "out",
                "--workers",
                str(workers),
                "--part",
                str(max(1, len(texts) // (4 * workers))),
            ],
            _tables,
        )
    rows: list[dict[str, Any]] = []
    first: Entities = []
    for name, (command, read) in ways.items():
        start, _, _, _ = _measured(command, model, texts[:1], read)
        seconds, own, all_seconds, found = _measured(command, model, texts, read)
        first = first or found
        scores = [abs(a[3] - b[3]) for x, y in zip(first, found, strict=True) for a, b in zip(x, y, strict=False)]
        rows.append(
            {
                "way": name,
                "start-up s": round(start, 1),
                "all s": round(seconds, 1),
                "texts/s": round((len(texts) - 1) / max(seconds - start, 1e-9), 1),
                "CPU s": round(all_seconds, 1),
                "parent's": f"{own / all_seconds:.1%}",
                "other": sum([e[:3] for e in a] != [e[:3] for e in b] for a, b in zip(first, found, strict=True)),
                "scores": max(scores, default=0.0),
            }
        )
    return {"machine": describe_machine(), "model": str(model), "texts": len(texts), "rows": rows}


def _measured(
    command: Sequence[str], model: Path, texts: Sequence[str], read: Callable[[Path], Iterator[list[dict[str, Any]]]]
) -> tuple[float, float, float, Entities]:
    """Seconds of a command; CPU seconds of all its processes but workers, and of all; and what was found, in order."""
    with tempfile.TemporaryDirectory() as folder:
        write_documents(Path(folder) / "in.jsonl", (Document(number, text) for number, text in enumerate(texts)))
        whole = [sys.executable, "-m", "bert_mrc_theseus", *command, "-m", str(model.absolute())]
        begun = time.perf_counter()
        # A session of its own: Ray's processes are no children, but of the same session.
        with subprocess.Popen(
            whole, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
        ) as process:
            used: dict[int, tuple[bool, float]] = {}
            while process.poll() is None:
                for pid, (is_worker, cpu) in _used(process.pid).items():
                    # One that has just ended has no name any more.
                    used[pid] = is_worker or used.get(pid, (False, 0.0))[0], cpu
                time.sleep(POLL)
            seconds = time.perf_counter() - begun
            assert process.stderr is not None
            if process.returncode:
                raise UserError(f"`{' '.join(command)}` failed: {process.stderr.read()[-500:]}")
        found = [[(e["start"], e["end"], e["type"], e["score"]) for e in item] for item in read(Path(folder) / "out")]
    if len(found) != len(texts):
        raise UserError(f"`{' '.join(command)}` gave {len(found)} of {len(texts)} documents")
    own = sum(cpu for is_worker, cpu in used.values() if not is_worker)
    return seconds, own, sum(cpu for _, cpu in used.values()), found


def _used(session: int) -> dict[int, tuple[bool, float]]:
    """Of each process of a session, from Linux's /proc: whether it is a worker, and its CPU seconds so far."""
    tick = os.sysconf("SC_CLK_TCK")
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_bytes()
        except OSError:  # It has just ended.
            continue
        if int(values[3]) == session:
            is_worker = b"ray::Worker" in command or b"spawn_main" in command
            found[int(status.parent.name)] = is_worker, (int(values[11]) + int(values[12])) / tick
    return found


def _lines(out: Path) -> Iterator[list[dict[str, Any]]]:
    with open(out, encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)["entities"]


def _tables(out: Path) -> Iterator[list[dict[str, Any]]]:
    from pyarrow import parquet

    for path in sorted((out / "entities").rglob("0*.parquet")):
        yield from parquet.read_table(path, columns=["entities"]).column(0).to_pylist()
