"""Examples: the layout of a pair, its labels, and what cannot be built."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.mrc.collate import collate, span_labels
from bert_mrc_theseus.mrc.examples import build_examples
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.models import make_weights
from tests.helpers.strategies import documents

SCHEMA = Schema((EntityType("PER", "人名"), EntityType("LOC", "地"), EntityType("ORG", "机构")))
TOKENIZER = Tokenizer(make_weights().vocab)


def build(items, size=12, overlap=4):
    return build_examples(items, SCHEMA, TOKENIZER, WindowSize(size, overlap), 6, 64)


def test_layout_and_labels():
    document = Document("", "李明在北京", (Entity(0, 2, "PER"), Entity(3, 5, "LOC"), Entity(2, 3, "LOC")))
    examples = build([document])
    pairs = examples.all_pairs()
    batch, labels = collate(examples, pairs), span_labels(examples, pairs)
    t = TOKENIZER
    text = t.encode("李明在北京").ids.tolist()
    assert batch.tokens.ids.tolist() == [
        [t.cls, *t.encode("人名").ids, t.sep, *text, t.sep],
        [t.cls, *t.encode("地").ids, t.sep, *text, t.sep, t.pad],
        [t.cls, *t.encode("机构").ids, t.sep, *text, t.sep],
    ]
    assert batch.query_lengths.tolist() == [4, 3, 4] and batch.lengths.tolist() == [10, 9, 10]
    assert np.argwhere(labels[0]).tolist() == [[4, 0], [5, 1]]
    # Both ends of a one-character entity are labelled.
    assert np.argwhere(labels[1]).tolist() == [[5, 0], [5, 1], [6, 0], [7, 1]]
    assert not labels[2].any()
    assert examples.has_entity(examples.all_pairs()).tolist() == [True, True, False]


@given(st.lists(documents(max_size=60), min_size=1, max_size=3))
def test_labels_say_where_entities_start_and_end(items):
    examples = build(items)
    pairs = examples.all_pairs()
    labels, lengths = span_labels(examples, pairs), examples.lengths(pairs)
    assert (collate(examples, pairs).lengths == lengths).all()
    assert (examples.has_entity(pairs) == labels.any(axis=(1, 2))).all()
    for row, (window, kind) in enumerate(pairs):
        number, piece = examples.window_of[window]
        offset = len(examples.queries[kind].ids) - piece.start
        mine = [e for e in items[number].entities if e.type == SCHEMA.names[kind]]
        inside = range(piece.start, piece.end)
        assert set(np.flatnonzero(labels[row, :, 0])) == {e.start + offset for e in mine if e.start in inside}
        assert set(np.flatnonzero(labels[row, :, 1])) == {e.end - 1 + offset for e in mine if e.end - 1 in inside}


def test_types_that_were_not_annotated_are_not_asked():
    partly = Document("", "李明在北京", (Entity(0, 2, "PER"),), annotated=("ORG", "PER", "TITLE"))
    examples = build([Document("", "上海"), partly])
    assert examples.all_pairs().tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 2]]


@given(st.lists(documents(max_size=60), min_size=1, max_size=3))
def test_an_entity_that_no_window_holds_is_counted(items):
    examples = build(items)
    held = 0
    for number, document in enumerate(items):
        windows = [window for place, window in examples.window_of if place == number]
        held += sum(any(w.start <= e.start and e.end <= w.end for w in windows) for e in document.entities)
    assert examples.clipped == sum(len(document.entities) for document in items) - held


def test_a_type_that_the_schema_lacks_is_reported():
    with pytest.raises(DataError, match=r"'d7'.*'TIME'.*PER, LOC, ORG"):
        build([Document("d7", "今天", (Entity(0, 2, "TIME"),))])


def test_a_window_that_the_encoder_cannot_hold_is_reported():
    with pytest.raises(UserError, match=r"60 characters make 67 tokens; the encoder has 64"):
        build([Document("", "好")], size=60)


def test_a_query_that_reaches_the_contexts_positions_is_reported():
    schema = Schema((EntityType("PER", "人名"), EntityType("LOC", "地名和国名")))
    with pytest.raises(UserError, match=r"query of LOC has 5 characters; with the context at position 6 at most 4 fit"):
        build_examples([], schema, TOKENIZER, WindowSize(12, 4), 6, 64)
