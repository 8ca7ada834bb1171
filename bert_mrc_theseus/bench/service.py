"""`bench service`: the HTTP service under load, beside `Extractor` on the same texts, in one run.

The service is a process of its own; clients are threads of this one, on the same machine, each with a connection. A request is
one text.
"""

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

Found = list[tuple[int, int, str, float]]


def bench_service(
    model: Path, texts: Sequence[str], requests: int, clients: Sequence[int], rounds: int, memory_requests: int,
    say: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    """Runs the benchmark.

    Args:
        model: model folder.
        texts: each a request.
        requests: of each round; texts are repeated.
        clients: numbers of clients at once.
        rounds: of each number; throughput is that of the fastest.
        memory_requests: requests in which memory should not grow; 0: none.
        say: gets a line of progress.

    Returns:
        `{"machine", "rows", "memory"}`; of each number of clients: failures, answers that are not the extractor's, requests a
        second, their ratio to the extractor's texts a second, and milliseconds of a request.
    """
    asked = list(islice(cycle(texts), requests))
    with Extractor.load(model) as extractor, _service(model) as (process, url):
        expected = [_found(entities) for entities in extractor.batch(asked)]
        alone = 0.0
        best: dict[int, dict[str, Any]] = {}
        for number in range(rounds):
            begun = time.perf_counter()
            list(extractor.batch(asked))
            alone = max(alone, len(asked) / (time.perf_counter() - begun))
            for count in clients:
                say(f"round {number + 1}: {count} clients")
                row = _round(url, asked, expected, count)
                before = best.get(count)
                if before is not None:
                    row["failures"] += before["failures"]
                    row["unequal"] += before["unequal"]
                    if before["requests_per_second"] > row["requests_per_second"]:
                        row = {**before, "failures": row["failures"], "unequal": row["unequal"]}
                best[count] = row
        for row in best.values():
            row["of_extractor"] = round(row["requests_per_second"] / alone, 3)
        memory = _memory(url, process.pid, asked, max(clients), memory_requests, say)
    return {
        "machine": describe_machine(),
        "extractor_texts_per_second": round(alone, 1),
        "rows": list(best.values()),
        "memory": memory,
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
        begun = time.perf_counter()
        answers = list(pool.map(ask, texts))
        seconds = time.perf_counter() - begun
    for client in opened:
        client.close()
    milliseconds = 1e3 * np.array([took for took, _ in answers])
    return {
        "clients": clients,
        "requests": len(texts),
        "failures": sum(found is None for _, found in answers),
        "unequal": sum(
            found is not None and found != right for (_, found), right in zip(answers, expected, strict=True)
        ),
        "requests_per_second": round(len(texts) / seconds, 1),
        "p50_ms": round(float(np.percentile(milliseconds, 50)), 1),
        "p95_ms": round(float(np.percentile(milliseconds, 95)), 1),
    }


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
    """MB, from Linux's /proc; 0 elsewhere."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024.0 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


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
