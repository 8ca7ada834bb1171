"""Documents in groups of bounded size, long ones in pieces, so that memory does not grow with the input."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from bert_mrc_theseus.mrc.windows import WindowSize, windows_of
from bert_mrc_theseus.text.documents import Document, Entity

GROUP_CHARACTERS = 20_000
"""Characters that are read ahead: enough texts of each length to fill batches without much padding."""

LONGEST_PIECE = 100_000
"""Characters of a piece, about: one without a sentence end is cut between two windows. What lies across such a cut is decoded
by one of the two alone."""


@dataclass(frozen=True)
class Piece:
    """A part of a document.

    Attributes:
        document: the part.
        offset: where it starts.
        keep_start: where entities begin that count, in the whole document: those before are the piece's before it.
        keep_end: where they begin no more; None: with the piece.
        whole: the document whose last part this is; None: there are more.
    """

    document: Document
    offset: int
    keep_start: int = 0
    keep_end: int | None = None
    whole: Document | None = None


def pieces_of(documents: Iterable[Document], window: WindowSize) -> Iterator[Piece]:
    """Documents without their entities, long ones in pieces that begin and end where a window does: read apart, they have the
    same windows as together. No sentence is cut that is not longer than `LONGEST_PIECE`.
    """
    for document in documents:
        bare = replace(document, entities=(), annotated=None)
        if len(bare.text) <= GROUP_CHARACTERS:
            yield Piece(bare, 0, whole=bare)
            continue
        start = keep_start = end = 0
        for cut in windows_of(bare.text, window.size, window.overlap):
            if cut.start - start >= (LONGEST_PIECE if cut.joined else GROUP_CHARACTERS):
                yield Piece(Document(bare.id, bare.text[start:end]), start, keep_start, cut.keep_start)
                start, keep_start = cut.start, cut.keep_start
            end = cut.end
        yield Piece(Document(bare.id, bare.text[start:]), start, keep_start, whole=bare)


def groups_of(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Consecutive pieces, at most `GROUP_CHARACTERS` together unless one alone is longer."""
    group: list[Piece] = []
    size = 0
    for piece in pieces:
        if group and size + len(piece.document.text) > GROUP_CHARACTERS:
            yield group
            group, size = [], 0
        group.append(piece)
        # An empty document costs memory too.
        size += len(piece.document.text) + 1
    if group:
        yield group


def groups_after(groups: Iterable[list[Piece]], done: int) -> tuple[Iterator[list[Piece]], int]:
    """Leaves out groups that hold nothing but pieces of the first documents.

    Args:
        groups: of all documents, in order.
        done: how many documents are the first.

    Returns:
        The other groups, and how many of the first documents end in them.
    """
    groups, before = iter(groups), 0
    while before < done:
        group = next(groups, None)
        if group is None:
            break
        ended = sum(piece.whole is not None for piece in group)
        last = before + ended - (group[-1].whole is not None)
        if last >= done:
            return chain([group], groups), done - before
        before += ended
    return groups, 0


def whole_documents(pieces: Iterable[tuple[Piece, Document]]) -> Iterator[Document]:
    """Pieces with what was found in them, put together to documents again."""
    entities: list[Entity] = []
    reach = 0
    for piece, answered in pieces:
        moved = [replace(e, start=e.start + piece.offset, end=e.end + piece.offset) for e in answered.entities]
        # One that reaches into this piece from the one before has been found there.
        kept = [e for e in moved if e.start >= max(piece.keep_start, reach)]
        kept = [e for e in kept if piece.keep_end is None or e.start < piece.keep_end]
        entities += kept
        reach = max((e.end for e in kept), default=0)
        if piece.whole is not None:
            yield replace(piece.whole, entities=tuple(entities))
            entities, reach = [], 0
