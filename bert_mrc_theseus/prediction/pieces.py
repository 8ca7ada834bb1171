"""Documents in groups of bounded size, long ones in pieces, so that memory does not grow with the input."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from bert_mrc_theseus.mrc.windows import WindowSize, cut_windows
from bert_mrc_theseus.text.documents import Document

GROUP_CHARACTERS = 20_000
"""Characters that are read ahead: enough texts of each length to fill batches without much padding."""


@dataclass(frozen=True)
class Piece:
    """A part of a document.

    Attributes:
        document: the part.
        offset: where it starts.
        whole: the document whose last part this is; None: there are more.
    """

    document: Document
    offset: int
    whole: Document | None = None


def pieces_of(documents: Iterable[Document], window: WindowSize) -> Iterator[Piece]:
    """Documents without their entities, long ones in pieces that begin and end where a window does and no sentence is cut: read
    apart, they have the same windows as together.
    """
    for document in documents:
        bare = replace(document, entities=(), annotated=None)
        if len(bare.text) <= GROUP_CHARACTERS:
            yield Piece(bare, 0, bare)
            continue
        start = 0
        for cut in cut_windows(bare.text, window.size, window.overlap):
            if not cut.joined and cut.start - start >= GROUP_CHARACTERS:
                yield Piece(Document(bare.id, bare.text[start : cut.start]), start)
                start = cut.start
        yield Piece(Document(bare.id, bare.text[start:]), start, bare)


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
    entities = []
    for piece, answered in pieces:
        entities += [replace(e, start=e.start + piece.offset, end=e.end + piece.offset) for e in answered.entities]
        if piece.whole is not None:
            yield replace(piece.whole, entities=tuple(entities))
            entities = []
