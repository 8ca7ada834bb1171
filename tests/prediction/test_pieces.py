"""Documents in pieces and groups."""

import re
from dataclasses import replace
from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.windows import WindowSize, cut_windows
from bert_mrc_theseus.prediction import pieces
from bert_mrc_theseus.prediction.pieces import LONGEST_PIECE, groups_after, groups_of, pieces_of, whole_documents
from bert_mrc_theseus.text.documents import Document, Entity

TEXTS = st.one_of(st.sampled_from(["", "好。", "好" * 49 + "。"]), st.integers(0, 60).map(lambda n: "第一句话。" * n))


@given(st.lists(TEXTS, max_size=12), st.integers(0, 13))
def test_what_comes_after_the_first_documents_is_read_in_the_same_groups(texts, done):
    documents = [Document(str(n), text) for n, text in enumerate(texts)]
    usual, pieces.GROUP_CHARACTERS = pieces.GROUP_CHARACTERS, 50
    try:
        groups = list(groups_of(pieces_of(documents, WindowSize(20, 5))))
        found, unneeded = groups_after(groups, done)
        left = list(found)
    finally:
        pieces.GROUP_CHARACTERS = usual
    assert left == groups[len(groups) - len(left) :]
    whole = whole_documents((piece, piece.document) for group in left for piece in group)
    assert [d.id for d in islice(whole, unneeded, None)] == [d.id for d in documents[done:]]
    if left:
        # No group is asked again for nothing.
        assert {piece.document.id for piece in left[0]} & {d.id for d in documents[done:]}


class Found:
    """Where a toy model finds an entity: at each X, with the Xs behind it in the same window's text."""

    def __call__(self, piece):
        entities = [Entity(*match.span(), "X") for match in re.finditer("X+", piece.document.text)]
        return piece, replace(piece.document, entities=tuple(entities))


@given(st.text(st.sampled_from("天地，。XX"), max_size=300), st.integers(20, 60))
def test_pieces_put_together_are_the_text_and_what_was_found_in_it(text, longest):
    usual = pieces.GROUP_CHARACTERS, pieces.LONGEST_PIECE
    pieces.GROUP_CHARACTERS, pieces.LONGEST_PIECE = 20, longest
    try:
        found = list(pieces_of([Document("a", text, rest={"n": 1})], WindowSize(12, 4)))
    finally:
        pieces.GROUP_CHARACTERS, pieces.LONGEST_PIECE = usual
    assert all(len(piece.document.text) <= longest + 24 for piece in found)
    (whole,) = whole_documents(map(Found(), found))
    assert (whole.id, whole.text, whole.rest) == ("a", text, {"n": 1})
    # Runs that are longer than what two windows share may be cut; the others are found whole, once.
    runs = [match.span() for match in re.finditer("X+", text)]
    spans = [(e.start, e.end) for e in whole.entities]
    assert {span for span in runs if span[1] - span[0] <= 2} <= set(spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_text_without_a_sentence_end_is_read_in_pieces_of_bounded_size():
    text = "1" * 1_000_000
    found = list(pieces_of([Document("a", text)], WindowSize()))
    assert len(found) == 10 and max(len(piece.document.text) for piece in found) <= LONGEST_PIECE + 254
    ends = [piece.keep_end for piece in found[:-1]]
    assert [piece.keep_start for piece in found] == [0, *ends]


def test_pieces_have_the_windows_of_the_whole_text():
    text = ("第一句话，" * 30 + "。") * 200 + "天地" * 90_000
    size = WindowSize()
    cut = [
        (piece.offset + window.start, piece.offset + window.end)
        for piece in pieces_of([Document("a", text)], size)
        for window in cut_windows(piece.document.text, size.size, size.overlap)
    ]
    assert cut == [(window.start, window.end) for window in cut_windows(text, size.size, size.overlap)]
