"""Newline-delimited JSON: a document a line, answered a line each, in order, while more come in.

The first line may be `{"settings": {...}}`, see `bodies.SettingsIn`. A line that is no document is answered by
`{"error": {"line": 3, "detail": "..."}}`, and the rest goes on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.output.json_streams import json_line
from bert_mrc_theseus.service.answers import record_of
from bert_mrc_theseus.service.bodies import SettingsIn
from bert_mrc_theseus.service.problems import ProblemError, not_valid
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_from_dict
from bert_mrc_theseus.text.json_records import parse_json

AHEAD = 2
"""Pieces of a stream that are read at a time."""

SETTINGS = "settings"

Lines = list[tuple[int, bytes]]
"""Lines with their numbers."""

Read = Callable[[list[Document]], AsyncIterator[Document]]
"""Gives documents their entities, in order."""


@dataclass(frozen=True)
class Unreadable:
    """A line that is no document.

    Attributes:
        line: its number, from 1.
        detail: what is wrong with it.
    """

    line: int
    detail: str

    def record(self) -> dict[str, Any]:
        """What it is answered."""
        return {"error": {"line": self.line, "detail": self.detail}}


class LineByLine(StreamingResponse):
    """An answer that begins before the request has ended: Starlette's own would take what still comes for its end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


async def lines_of(pieces: AsyncIterator[bytes], longest: int) -> AsyncIterator[Lines]:
    """The lines that each piece of a stream completes, with their numbers from 1; blank ones are left out.

    Args:
        pieces: of the stream.
        longest: bytes of a line.

    Raises:
        ProblemError: a line is longer.
    """
    held, number = b"", 1
    async for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        if len(held) > longest:
            raise ProblemError(413, f"line {number + len(whole)} has more than {longest:,} bytes")
        yield [(number + i, line) for i, line in enumerate(whole) if line.strip()]
        number += len(whole)
    if held.strip():
        yield [(number, held)]


def settings_of(line: bytes) -> SettingsIn | None:
    """The settings that the first line of a stream holds; None: it is a document.

    Raises:
        ProblemError: they are wrong.
    """
    try:
        record = parse_json(line.decode(), SETTINGS, 1)
    except (UnicodeDecodeError, DataError):
        return None
    if not isinstance(record, dict) or record.keys() != {SETTINGS}:
        return None
    try:
        return SettingsIn.model_validate(record[SETTINGS])
    except ValidationError as error:
        raise not_valid(error, SETTINGS) from error


def document_of(line: bytes, number: int) -> Document | Unreadable:
    """The document of a line: a record with a text, or a text; its number is its id if it has none."""
    try:
        record = parse_json(line.decode(), "", number)
        if isinstance(record, str):
            return Document(number, record)
        document = document_from_dict(record, "")
    except UnicodeDecodeError:
        return Unreadable(number, "the line is not UTF-8")
    except DataError as error:
        return Unreadable(number, error.problem)
    except ValueError as error:
        return Unreadable(number, str(error))
    known = isinstance(record, dict) and record.get("id") is not None
    return replace(document, id=document.id if known else number, entities=(), annotated=None)


async def answered(
    first: Lines, more: AsyncIterator[Lines], read: Read, offsets: str, ended: asyncio.Event
) -> AsyncIterator[str]:
    """What a stream is answered.

    Args:
        first: lines that were read already.
        more: those that follow.
        read: gives documents their entities.
        offsets: what these count, see `bodies.Offsets`.
        ended: the service stops: what it has read is answered, and no more is read.
    """
    running: deque[asyncio.Task[str]] = deque([asyncio.create_task(_answers(first, read, offsets))])
    coming: asyncio.Task[Lines | None] | None = None
    stopped = asyncio.create_task(ended.wait())
    reads, last = True, ""
    try:
        while running or reads:
            if reads and coming is None and len(running) < AHEAD:
                coming = asyncio.create_task(_next(more))
            # What is done is answered at once: the client may wait for it before it sends more.
            waited = [task for task in (*list(running)[:1], coming, stopped if reads else None) if task is not None]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if coming is not None and coming.done():
                try:
                    lines = coming.result()
                except ProblemError as error:
                    lines, last = None, json_line({"error": {"detail": error.detail}})
                coming, reads = None, lines is not None
                if lines:
                    running.append(asyncio.create_task(_answers(lines, read, offsets)))
            elif reads and stopped.done():
                reads, last = False, json_line({"error": {"detail": "the service stops, and reads no more"}})
            if not reads and coming is not None:
                coming.cancel()
                coming = None
            if running and running[0].done():
                yield running.popleft().result()
        if last:
            yield last
    finally:
        for task in (*running, coming, stopped):
            if task is not None:
                task.cancel()


async def _next(more: AsyncIterator[Lines]) -> Lines | None:
    return await anext(more, None)


async def _answers(lines: Lines, read: Read, offsets: str) -> str:
    items = [document_of(line, number) for number, line in lines]
    documents = read([item for item in items if isinstance(item, Document)])
    texts = []
    for item in items:
        record = item.record() if isinstance(item, Unreadable) else record_of(await anext(documents), offsets)
        texts.append(json_line(record))
    return "".join(texts)
