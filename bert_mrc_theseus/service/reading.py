"""Documents of a request -> the same with entities, while the event loop serves others."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bert_mrc_theseus.prediction.pieces import Piece, groups_of, pieces_of, whole_documents
from bert_mrc_theseus.service.served_models import Reading
from bert_mrc_theseus.text.documents import Document

AHEAD = 2
"""Groups of a request's documents that are with the batcher at a time."""

SHORT = 2_000
"""Characters that are tokenised at once: a thread for them would take longer."""

SMALL = 50_000
"""Characters times types of documents that need no room to wait for."""

ROOM = 20_000_000
"""Characters times types of all larger ones that are read at a time: 8 bytes each."""


class Room:
    """Bounds the memory of what is read at a time; who needs much of it waits for it, one after another.

    Args:
        size: characters times types.
    """

    def __init__(self, size: int = ROOM):
        self._size = self._free = size
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Holds some of it; more than there is counts as all of it."""
        size = 0 if size <= SMALL else min(size, self._size)
        if size:
            async with self._turn:
                while self._free < size:
                    self._freed.clear()
                    await self._freed.wait()
                self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._freed.set()


async def entities_of(reading: Reading, documents: Sequence[Document], room: Room) -> AsyncIterator[Document]:
    """Documents with entities, in order, after the dictionary.

    Args:
        reading: how they are read.
        documents: they.
        room: what bounds memory.
    """
    pieces = pieces_of(documents, reading.model.spec.window)
    if sum(len(document.text) for document in documents) <= SHORT:
        # A piece each, and one group.
        for document in await _read(reading, [piece.document for piece in pieces], room, short=True):
            yield reading.corrected(document)
        return
    groups = groups_of(pieces)
    group: list[Piece]
    running: deque[tuple[list[Piece], asyncio.Task[list[Document]]]] = deque()
    parts: list[tuple[Piece, Document]] = []

    async def finished() -> list[Document]:
        group, task = running.popleft()
        done = []
        for piece, answered in zip(group, await task, strict=True):
            parts.append((piece, answered))
            if piece.whole is not None:
                done += [reading.corrected(document) for document in whole_documents(parts)]
                parts.clear()
        return done

    try:
        while group := await asyncio.to_thread(next, groups, []):
            running.append((group, asyncio.create_task(_read(reading, [p.document for p in group], room))))
            if len(running) >= AHEAD:
                for document in await finished():
                    yield document
        while running:
            for document in await finished():
                yield document
    finally:
        for _, task in running:
            task.cancel()


async def _read(reading: Reading, documents: Sequence[Document], room: Room, short: bool = False) -> list[Document]:
    size = sum(len(document.text) for document in documents) * len(reading.schema.types)
    async with room.taken(size):
        task = reading.task(documents) if short else await asyncio.to_thread(reading.task, documents)
        return await asyncio.wrap_future(reading.model.batcher.submit(task))
