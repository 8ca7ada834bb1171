"""The documents of a request, read, counted, and given up when they take too long."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, TypeVar

from fastapi import Request

from bert_mrc_theseus.service.limits import GONE, log
from bert_mrc_theseus.service.problems import ProblemError
from bert_mrc_theseus.service.reading import entities_of
from bert_mrc_theseus.service.served_models import Reading
from bert_mrc_theseus.text.documents import Document

Value = TypeVar("Value")


async def counted(request: Request, reading: Reading, documents: Sequence[Document]) -> AsyncIterator[Document]:
    """Documents with entities, counted for the metrics, and logged if that was asked for."""
    state = request.app.state
    name = reading.model.name
    async for document in entities_of(reading, documents, state.room):
        state.metrics.texts.labels(name).inc()
        state.metrics.characters.labels(name).inc(len(document.text))
        state.metrics.entities.labels(name).inc(len(document.entities))
        if state.settings.log_texts:
            log.info("%s", json.dumps(document.text, ensure_ascii=False))
        yield document


async def read_all(request: Request, reading: Reading, documents: Sequence[Document]) -> list[Document]:
    """All of them, at once."""
    return [document async for document in counted(request, reading, documents)]


async def in_time(request: Request, work: Coroutine[Any, Any, Value]) -> Value:
    """What some work gives; it is given up when the client goes, or when it takes too long.

    Raises:
        ProblemError: it is given up.
    """
    seconds = request.app.state.settings.timeout
    task = asyncio.create_task(work)
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({task, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        if gone.done():
            raise ProblemError(GONE, "the client has gone")
        raise ProblemError(504, f"it took more than {seconds:g} seconds: send less at a time, or a stream")
    finally:
        task.cancel()
        gone.cancel()
