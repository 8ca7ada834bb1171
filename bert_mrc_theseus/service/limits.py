"""What one client cannot take from the others: sizes, times, how many requests at a time. And the log, a line a request.

The log has no texts: neither of a request, nor of an error's message, which may quote one.
"""

import asyncio
import logging
import math
import time
import traceback
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bert_mrc_theseus.service.metrics import Metrics
from bert_mrc_theseus.service.problems import OUR_FAULT, ProblemError
from bert_mrc_theseus.service.settings import ServiceSettings

STREAMS = ("application/x-ndjson", "application/ndjson", "application/jsonl")
"""Media types of newline-delimited JSON."""

BODIES_AT_A_TIME = 16
"""Bodies of the largest size that are held at a time."""

LONGEST_RETRY = 60
"""Seconds after which a client may try again, at most."""

GONE = 499
"""What the log says of a client that went before it had its answer."""

log = logging.getLogger("bert_mrc_theseus.service")


def media_type(scope: Scope) -> str:
    """The media type of a request's body, without its parameters."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            return value.decode("latin-1").partition(";")[0].strip().lower()
    return ""


class Limits:
    """Stands between the server and the application.

    Args:
        app: the application.
        settings: of the service.
        metrics: its figures.
        stopping: whether the service takes no more work.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics, stopping: Callable[[], bool]):
        self._app, self._settings, self._metrics, self._stopping = app, settings, metrics, stopping
        self._taken = 0
        self._held = 0
        self._seconds = 1.0
        """Mean of the latest requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(scope, receive, send, self._settings, self._hold)
        works = scope["method"] == "POST"
        try:
            if not works:
                await self._app(scope, request.receive, request.send)
                return
            self._admit()
            request.check_length()
            self._taken += 1
            self._metrics.in_flight.inc()
            try:
                await self._app(scope, request.receive, request.send)
            finally:
                self._taken -= 1
                self._metrics.in_flight.dec()
        except ProblemError as error:
            await request.refuse(error)
        except ClientDisconnect:
            request.status = GONE
        except asyncio.CancelledError:
            request.status = GONE
            raise
        except Exception as error:
            log.error("%s\n%s", type(error).__name__, _where(error))
            await request.refuse(ProblemError(500, OUR_FAULT))
        finally:
            self._hold(-request.size)
            self._finished(request, works)

    def _admit(self) -> None:
        if self._stopping():
            raise ProblemError(503, "the service stops", headers={"Retry-After": "5", "Connection": "close"})
        if self._taken >= self._settings.queue:
            raise self._busy(f"{self._taken} requests wait already")

    def _busy(self, detail: str) -> ProblemError:
        seconds = min(LONGEST_RETRY, max(1, math.ceil(self._seconds)))
        return ProblemError(503, detail, headers={"Retry-After": str(seconds)})

    def _hold(self, size: int) -> None:
        """Counts bytes of bodies that are held.

        Raises:
            ProblemError: all bodies together are too large.
        """
        self._held += size
        if size > 0 and self._held > BODIES_AT_A_TIME * self._settings.max_body:
            raise self._busy("the bodies of all requests together are too large")

    def _finished(self, request: "_Request", works: bool) -> None:
        seconds = time.monotonic() - request.begun
        if works and request.status < 400:
            self._seconds += (seconds - self._seconds) / 16
        route = request.scope.get("route")
        path = getattr(route, "path", "other")
        self._metrics.requests.labels(path, str(request.status)).inc()
        self._metrics.seconds.labels(path).observe(seconds)
        log.info(
            "%s %s %s %.0f ms %s bytes", request.scope["method"], path, request.status, seconds * 1e3, request.size
        )


class _Request:
    """A request and its answer, bounded."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, settings: ServiceSettings, hold: Callable[[int], None]
    ):
        self.scope, self._receive, self._send = scope, receive, send
        self._settings, self._hold = settings, hold
        self.begun = time.monotonic()
        self.status = 0
        self.size = 0
        self._ended = False
        self._streams = media_type(scope) in STREAMS

    def check_length(self) -> None:
        """Refuses a body that says itself that it is too large, before it is read.

        Raises:
            ProblemError: it does.
        """
        size = dict(self.scope["headers"]).get(b"content-length", b"0")
        if not self._streams and int(size) > self._settings.max_body:
            raise self._too_large()

    def _too_large(self) -> ProblemError:
        return ProblemError(413, f"a body has at most {self._settings.max_body:,} bytes")

    async def receive(self) -> Message:
        if self._ended:
            # Comes when the client goes.
            return await self._receive()
        left = math.inf if self._streams else self.begun + self._settings.timeout - time.monotonic()
        try:
            async with asyncio.timeout(min(self._settings.idle, left)):
                message = await self._receive()
        except TimeoutError:
            raise ProblemError(408, "the body comes too slowly") from None
        if message["type"] != "http.request":
            self._ended = True
            return message
        self._ended = not message.get("more_body", False)
        if not self._streams:
            size = len(message.get("body", b""))
            self.size += size
            self._hold(size)
            if self.size > self._settings.max_body:
                raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    async def refuse(self, error: ProblemError) -> None:
        """Answers by an error, if nothing was answered yet; what the client still sends is not read."""
        if not self.status:
            await error.response()(self.scope, self.receive, self.send)


def _where(error: BaseException) -> str:
    """The places that an error went through, without what its message quotes."""
    return "".join(traceback.format_list(traceback.extract_tb(error.__traceback__))).rstrip()
