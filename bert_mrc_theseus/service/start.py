"""Uvicorn: one process, or several that share a port."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.language.choice import current, use
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.metrics import SHARED
from bert_mrc_theseus.service.settings import ServiceSettings

CONNECTIONS = 1000
"""Open at a time, in each process; a request beyond them is answered by 503 before it is read."""

HEAD_SECONDS = 10
"""In which the head of a request must be there."""

TAKE_SECONDS = 30
"""In which a client must take something of its answer."""

WORKER_SECONDS = 60
"""After which a process that does not answer its parent is replaced."""


@dataclass(frozen=True)
class AppFactory:
    """Makes the application in the process that serves it."""

    settings: ServiceSettings
    language: str

    def __call__(self) -> Any:
        use(self.language)
        prepare_log()
        return create_app(self.settings)


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection on which a request begins and its head does not end, or an answer is not taken."""

    _head_is_due: asyncio.TimerHandle | None = None
    _taking_is_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking_is_due = self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._taking_is_due)

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._head_is_due)
        _cancel(self._taking_is_due)
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            _cancel(self._head_is_due)
            self._head_is_due = None
        elif self._head_is_due is None:
            self._head_is_due = self.loop.call_later(HEAD_SECONDS, self._close_without_head)

    def _close_without_head(self) -> None:
        self._head_is_due = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def prepare_log() -> None:
    """Sends the log to standard error, a line a request; what uvicorn says of itself only from a warning on, and translated."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # A logger's filter would not see what its children say.
    for handler in logging.getLogger().handlers:
        handler.addFilter(_translate_uvicorn)


def _translate_uvicorn(record: logging.LogRecord) -> bool:
    if record.name.startswith("uvicorn"):
        record.msg, record.args = translated(record.getMessage()), ()
    return True


def serve(settings: ServiceSettings) -> None:
    """Serves until SIGINT or SIGTERM, and then until what was taken is answered.

    Args:
        settings: of the service.

    Raises:
        ModelError: a model cannot be loaded.
        UserError: the address cannot be listened on.
    """
    prepare_log()
    for folder in settings.models.values():
        load_spec(folder)
    with closing(_bound(settings)) as bound:
        host, port = bound.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        names = ", ".join(settings.models)
        logging.getLogger(__name__).info("%s", translated(f"{address}: {names}; Ctrl-C ends it"))
        config = uvicorn.Config(
            AppFactory(settings, current()) if settings.processes > 1 else create_app(settings),
            factory=settings.processes > 1,
            workers=settings.processes,
            http=ImpatientProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=int(settings.timeout) + 1,
            timeout_worker_healthcheck=WORKER_SECONDS,
        )
        if settings.processes == 1:
            with _signals_ignored():
                uvicorn.Server(config).run([bound])
        else:
            with TemporaryDirectory(prefix="bmt-metrics-") as figures:
                os.environ[SHARED] = figures
                Multiprocess(config, [bound]).run()


def _bound(settings: ServiceSettings) -> socket.socket:
    """The socket to listen on.

    Raises:
        UserError: the address is not there, or taken.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"cannot listen on {settings.host}, port {settings.port}: {reason}") from error
    return bound


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """Uvicorn, once it has ended on a signal, raises it again for whoever listened before: nobody does, for all is done."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
