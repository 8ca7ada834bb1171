"""Uvicorn: one process, or several that share a port."""

import gc
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

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.language.choice import current, use
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.metrics import SHARED
from bert_mrc_theseus.service.protocol import ImpatientProtocol
from bert_mrc_theseus.service.settings import ServiceSettings

CONNECTIONS = 1000
"""Open at a time, in each process; a request beyond them is answered by 503 before it is read."""

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
        return _loaded(self.settings)


def _loaded(settings: ServiceSettings) -> FastAPI:
    """The application; what was made until it is there stays, so the garbage collector need not look through it again."""
    app = create_app(settings)
    gc.collect()
    gc.freeze()
    return app


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
            AppFactory(settings, current()) if settings.processes > 1 else _loaded(settings),
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
