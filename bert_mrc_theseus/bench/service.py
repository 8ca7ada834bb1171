"""`bench service`: the HTTP service under load, beside `Extractor` on the same texts, in one run.

The service is a process of its own; clients are threads of this one, on the same machine, each with a connection. A request is
one text.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import local
from typing import Any

import numpy as np

from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.client import Client, ServiceError
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.prediction.extractor import Extraction, Extractor

START_SECONDS = 60
"""In which a service must be there."""

MEMORY_STEPS = 4
"""How often memory is looked at while requests go on."""

BULK = "1, many texts each"
"""A client that has all texts and sends them as `Client` does."""

Found = list[tuple[int, int, str, float]]


def bench_service(
    model: Path, texts: Sequence[str], requests: int, clients: Sequence[int], rounds: int, memory_requests: int,
    say: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    """Runs the benchmark.

    Args:
        model: model folder.
        texts: each a request; and all of them by a client that sends many at a time.
        requests: of each round; texts are repeated.
        clients: numbers of clients at once.
        rounds: of each number; the fastest counts.
        memory_requests: requests in which memory should not grow; 0: none.
        say: gets a line of progress.

    Returns:
        `{"machine", "extractor", "rows", "memory"}`. Of the extractor and of each number of clients: texts a second, and
        milliseconds of processor time a text; of clients also failures, answers that are not the extractor's, milliseconds of a
        request, and the extractor's speed and processor time as shares.
    """
    with Extractor.load(model) as extractor, _service(model) as (process, url):
        asked = list(islice(cycle(texts), requests))
        expected = [_found(entities) for entities in extractor.batch(asked)]
        alone: list[dict[str, float]] = []
        rows: dict[str, list[dict[str, Any]]] = {str(count): [] for count in (*clients, BULK)}
        for number in range(rounds):
            began = time.perf_counter(), time.process_time()
            list(extractor.batch(asked))
            alone.append(_speed(len(asked), time.perf_counter() - began[0], time.process_time() - began[1]))
            for name, found in rows.items():
                say(f"round {number + 1}: clients {name}")
                begun = time.perf_counter(), _processor_seconds(process.pid)
                row = _bulk(url, asked, expected) if name == BULK else _round(url, asked, expected, int(name))
                seconds = time.perf_counter() - begun[0], _processor_seconds(process.pid) - begun[1]
                found.append({"clients": name, "texts": len(asked), **row, **_speed(len(asked), *seconds)})
        fastest = max(values["texts_per_second"] for values in alone)
        cheapest = min(values["cpu_ms"] for values in alone)
        best = [_best(found, fastest, cheapest) for found in rows.values()]
        memory = _memory(url, process.pid, asked, max(clients), memory_requests, say)
    return {
        "machine": describe_machine(),
        "extractor": {"texts_per_second": fastest, "cpu_ms": cheapest},
        "rows": best,
        "memory": memory,
    }


def _speed(texts: int, seconds: float, processor_seconds: float) -> dict[str, float]:
    return {
        "texts_per_second": round(texts / seconds, 1),
        "cpu_ms": round(1e3 * processor_seconds / texts, 2),
    }


def _best(found: Sequence[dict[str, Any]], fastest: float, cheapest: float) -> dict[str, Any]:
    """The fastest of some rounds, with the failures of all."""
    row = max(found, key=lambda one: one["texts_per_second"])
    cpu = min(one["cpu_ms"] for one in found)
    return {
        **row,
        "failures": sum(one["failures"] for one in found),
        "unequal": sum(one["unequal"] for one in found),
        "cpu_ms": cpu,
        "of_speed": round(row["texts_per_second"] / fastest, 3),
        "of_cpu": round(cheapest / cpu, 3) if cpu else None,
    }


def _round(url: str, texts: Sequence[str], expected: Sequence[Found], clients: int) -> dict[str, Any]:
    own = local()
    opened: list[Client] = []

    def ask(text: str) -> tuple[float, Found | None]:
        if not hasattr(own, "client"):
            own.client = Client(url)
            opened.append(own.client)
        begun = time.perf_counter()
        try:
            found = _found(own.client(text))
        except ServiceError:
            found = None
        return time.perf_counter() - begun, found

    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(ask, texts))
    for client in opened:
        client.close()
    milliseconds = 1e3 * np.array([took for took, _ in answers])
    return {
        "failures": sum(found is None for _, found in answers),
        "unequal": sum(
            found is not None and found != right for (_, found), right in zip(answers, expected, strict=True)
        ),
        "p50_ms": round(float(np.percentile(milliseconds, 50)), 1),
        "p95_ms": round(float(np.percentile(milliseconds, 95)), 1),
    }


def _bulk(url: str, texts: Sequence[str], expected: Sequence[Found]) -> dict[str, Any]:
    with Client(url) as client:
        found = [_found(entities) for entities in client(texts)]
    unequal = sum(one != right for one, right in zip(found, expected, strict=True))
    return {"failures": 0, "unequal": unequal, "p50_ms": None, "p95_ms": None}


def _memory(
    url: str, pid: int, texts: Sequence[str], clients: int, requests: int, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Resident memory of the service, in MB, as requests go on."""
    steps = []
    for step in range(MEMORY_STEPS if requests else 0):
        part = list(islice(cycle(texts), requests // MEMORY_STEPS))
        row = _round(url, part, [[]] * len(part), clients)
        steps.append(
            {
                "requests": (step + 1) * len(part),
                "failures": row["failures"],
                "megabytes": round(_resident(pid), 1),
            }
        )
        say(f"{steps[-1]['requests']:,} requests: {steps[-1]['megabytes']} MB")
    return steps


def _resident(pid: int) -> float:
    """MB of a process, from Linux's /proc; 0 elsewhere."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024.0 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


def _processor_seconds(pid: int) -> float:
    """Of a process so far, from Linux's /proc; 0 elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _found(entities: Sequence[Extraction]) -> Found:
    """What is compared: an answer has four digits of a score."""
    return [(e.start, e.end, e.type, round(e.score, 4)) for e in entities]


@contextmanager
def _service(model: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """A service on a free port: its process and its address.

    Raises:
        UserError: it does not start.
    """
    with TemporaryDirectory() as folder, open(Path(folder, "log"), "w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bert_mrc_theseus", "serve", str(model), "--port", "0"], stderr=log
        )
        try:
            for _ in range(10 * START_SECONDS):
                time.sleep(0.1)
                found = re.search(r"http://\S+:\d+", Path(log.name).read_text(encoding="utf-8"))
                if found and _answers(found[0]):
                    break
                if process.poll() is not None:
                    break
            else:
                found = None
            if found is None or process.poll() is not None:
                raise UserError(f"the service does not start: {Path(log.name).read_text(encoding='utf-8')[-300:]}")
            yield process, found[0]
        finally:
            process.terminate()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with Client(url) as client:
            client.models()
    except ServiceError:
        return False
    return True
