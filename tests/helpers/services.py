"""Services to be tested: in this process, or as a command of their own; and raw connections to them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Thread
from typing import Any

import numpy as np
import uvicorn

from bert_mrc_theseus.engines.engine import UseAnswer
from bert_mrc_theseus.engines.thread_pool import ThreadPool
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.protocol import ImpatientProtocol
from bert_mrc_theseus.service.settings import ServiceSettings

JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}


@contextmanager
def listening(settings: ServiceSettings, **options: Any) -> Iterator[int]:
    """Serves on a free port, on a thread of this process; gives the port. `options`: of uvicorn."""
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        config = uvicorn.Config(
            create_app(settings), http=ImpatientProtocol, lifespan="on", log_config=None, access_log=False, **options
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen, int]]:
    """`bert-mrc-theseus serve` as a command of its own, on a free port; gives its process and the port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bert_mrc_theseus", "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                break
        else:
            raise AssertionError("it ended before it listened")
        yield process, int(found[1])
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def request_bytes(path: str, body: bytes, headers: dict[str, str], length: int | None = None) -> bytes:
    """A POST request as it is sent; `length`: what it says of its body."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def entities_request(texts: Sequence[str], **settings: Any) -> bytes:
    """A request for the entities of some texts."""
    return request_bytes("/v1/entities", json.dumps({"texts": list(texts), **settings}).encode(), JSON)


class SlowEngine:
    """An engine that answers when it is allowed to: starts and ends are 0, and it remembers its batches.

    Args:
        go: is asked before each batch.
        threads: that answer.
    """

    def __init__(self, go: Any, threads: int = 1):
        self._go = go
        self.batches: list[list[int]] = []
        self._pool = ThreadPool(threads)

    def close(self) -> None:
        self._pool.close()

    def submit(self, function: Any, *arguments: object) -> Any:
        return self._pool.submit(function, *arguments)

    def answer(self, examples: Examples, use: UseAnswer, matches: bool = False) -> None:
        self.batches.append([len(tokens.ids) for tokens in examples.contexts])
        self._go()
        types = np.arange(len(examples.queries))
        for window, tokens in enumerate(examples.contexts):
            use(window, types, np.zeros((len(types), len(tokens.ids), 2), np.float32), None)
