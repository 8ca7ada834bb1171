"""HTTP/1.1 as uvicorn speaks it with httptools, and how much of it one connection may take."""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10
"""In which the head of a request must be there."""

HEAD_BYTES = 65_536
"""Of a head that has not ended yet."""

TAKE_SECONDS = 30
"""In which a client must take something of its answer."""


class ImpatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that closes a connection on which a request begins and its head does not end, or an answer is not taken.

    It never changes to another protocol: a request that offers one is answered in this one, as HTTP demands. Uvicorn by itself
    would lose its body (httptools takes it for the other protocol), and Java's client offers HTTP/2 with every request.
    """

    _head_is_due: asyncio.TimerHandle | None = None
    _taking_is_due: asyncio.TimerHandle | None = None
    _reads_head = False
    _head_bytes = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.parser = _Parser(self)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        self._wait_for_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reads_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._reads_head = False
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def without_upgrade(self, rest: bytes) -> None:
        """Reads a request whose head offered another protocol as if it had not.

        Args:
            rest: what came after its head.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = _Parser(self)
        self.parser.feed_data(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

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
        answering = self.cycle is not None and not self.cycle.response_complete
        if self._reads_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            if answering:
                self.transport.close()
            else:
                self.send_400_response("The head is too large.")
        if answering:
            _cancel(self._head_is_due)
            self._head_is_due = None
        elif self._head_is_due is None:
            # Also while the rest of a request comes that was answered before its end.
            self._head_is_due = self.loop.call_later(HEAD_SECONDS, self._close_without_head)

    def _close_without_head(self) -> None:
        self._head_is_due = None
        if not self.transport.is_closing():
            self.transport.close()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


class _Parser(httptools.HttpRequestParser):
    """A parser that has the protocol go on where another one was offered."""

    def __init__(self, protocol: ImpatientProtocol):
        super().__init__(protocol)
        self._protocol = protocol
        # As uvicorn sets it: what a client sends after its last request is let be.
        self.set_dangerous_leniencies(lenient_data_after_close=True)

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self.get_method() == b"CONNECT":
                raise httptools.HttpParserError("this is no proxy") from None
            self._protocol.without_upgrade(data[offer.args[0] :])
