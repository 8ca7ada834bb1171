"""What a service is told when it starts."""

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.model_files.hub import local_model, model_name
from bert_mrc_theseus.package_data import BUNDLED, bundled_model

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Addresses that only this machine reaches."""

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+")


@dataclass(frozen=True)
class ServiceSettings:
    """Settings of a service.

    Attributes:
        models: folder of each model, by its name; the first one answers where a request names none.
        host, port: where it listens.
        token: what requests must carry; None: nothing.
        origins: web pages of these origins may call it from a browser.
        processes: how many serve.
        threads: that compute in each process; None: as many as there are cores for each.
        max_body: bytes of a request; of a stream, bytes of one line.
        queue: requests that are taken and not answered yet; more are refused.
        timeout: seconds in which a request is answered.
        idle: seconds that a client may send nothing in the middle of a body.
        wait: seconds that a text waits for others, to be read in one batch with them, while a thread has nothing to do.
        batch_tokens: of windows that are read in one batch, with their padding.
        engine: see `engines.choose.choose_engine`.
        log_texts: texts are written to the log.
    """

    models: Mapping[str, Path] = field(default_factory=lambda: {BUNDLED: bundled_model()})
    host: str = LOOPBACK[0]
    port: int = 8000
    token: str | None = None
    origins: tuple[str, ...] = ()
    processes: int = 1
    threads: int | None = None
    max_body: int = 4 * 2**20
    queue: int = 256
    timeout: float = 60.0
    idle: float = 30.0
    wait: float = 0.0
    batch_tokens: int = 384
    engine: str = "auto"
    log_texts: bool = False

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in LOOPBACK


def check_settings(settings: ServiceSettings) -> None:
    """Looks at what can be seen before anything is loaded.

    Raises:
        UsageError: the host is no address or name of this machine, or an origin is none.
    """
    try:
        socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--host takes an address, or a name that has one. Received: {settings.host!r}") from error
    for origin in settings.origins:
        if not _ORIGIN.fullmatch(origin):
            raise UsageError(f"an origin is https://HOST or http://HOST:PORT. Received: {origin!r}")


def named_models(arguments: Iterable[str]) -> dict[str, Path]:
    """Model folders by name, from `FOLDER` or `NAME=FOLDER`; a folder may be on the hub, see `hub.HUB`.

    A folder's own name is the model's; that of RUN/stage2/best, as training writes it, is RUN's.

    Raises:
        UsageError: there is no such folder, or two have one name.
        UserError, ModelError: see `hub.local_model`.
    """
    found: dict[str, Path] = {}
    for argument in arguments:
        name, given, folder = argument.partition("=")
        if not given or Path(argument).is_dir():
            name, folder = "", argument
        path = local_model(folder)
        if not path.is_dir():
            raise UsageError(f"{folder}: there is no such model folder")
        name = name or _name_of(path)
        if name in found:
            raise UsageError(f"two models are called {name}: give names of your own, NAME=FOLDER")
        found[name] = path
    return found or {BUNDLED: bundled_model()}


def _name_of(folder: Path) -> str:
    path = folder.resolve()
    if path.name == "best" and path.parent.name.startswith("stage"):
        path = path.parent.parent
    return model_name(path) or "model"
