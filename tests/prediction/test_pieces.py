"""Documents in pieces and groups."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.prediction import pieces
from bert_mrc_theseus.prediction.pieces import groups_after, groups_of, pieces_of, whole_documents
from bert_mrc_theseus.text.documents import Document

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
