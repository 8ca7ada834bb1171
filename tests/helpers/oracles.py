"""Engines that know the answers for some examples, and gold documents to ask them about."""

import numpy as np

from bert_mrc_theseus.engines.engine import BatchEngine
from bert_mrc_theseus.mrc.collate import collate, match_labels, span_labels
from bert_mrc_theseus.mrc.examples import Examples, build_examples
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.models import make_weights

SCHEMA = Schema((EntityType("PER", "人名"), EntityType("LOC", "地"), EntityType("ORG", "机构")))
TOKENIZER = Tokenizer(make_weights().vocab)
GOLD = [
    Document("a", "李明在北京大学", (Entity(0, 2, "PER"), Entity(3, 7, "ORG"))),
    Document("b", "上海和北京", (Entity(0, 2, "LOC"), Entity(3, 5, "LOC"))),
    Document("c", ""),
]


def build(documents: list[Document], size: int = 254, overlap: int = 64) -> Examples:
    """Examples of all three types, in windows of `size` characters."""
    return build_examples(documents, SCHEMA, TOKENIZER, WindowSize(size, overlap))


def oracle(examples: Examples, certainty: float = 1.0) -> BatchEngine:
    """An engine that knows the labels of these examples, at probability `certainty` where there is an entity."""
    pairs = examples.all_pairs()
    known = {
        tuple(row[:length]): labels
        for row, length, labels in zip(
            collate(examples, pairs).tokens.ids.tolist(),
            examples.lengths(pairs),
            span_labels(examples, pairs),
            strict=True,
        )
    }

    def run(batch):
        out = np.zeros((*batch.tokens.ids.shape, 2), np.float32)
        for i, (row, length) in enumerate(zip(batch.tokens.ids.tolist(), batch.lengths, strict=True)):
            out[i, :length] = known[tuple(row[:length])][:length] * certainty
        return out

    return BatchEngine(run)


def nested_oracle(examples: Examples) -> BatchEngine:
    """An engine that knows the spans of these examples, by the tokens of their windows: no two windows may have the same."""
    pairs = examples.all_pairs()
    rows = zip(
        collate(examples, pairs).tokens.ids,
        examples.lengths(pairs),
        span_labels(examples, pairs),
        match_labels(examples, pairs),
        strict=True,
    )
    known = {
        tuple(ids[:length].tolist()): (ends[:length], matches[:length, :length]) for ids, length, ends, matches in rows
    }

    def run(batch):
        shape = batch.tokens.ids.shape
        ends, matches = np.zeros((*shape, 2), np.float32), np.zeros((*shape, shape[1]), np.float32)
        for i, (ids, length) in enumerate(zip(batch.tokens.ids.tolist(), batch.lengths, strict=True)):
            ends[i, :length], matches[i, :length, :length] = known[tuple(ids[:length])]
        return ends, matches

    return BatchEngine(lambda batch: run(batch)[0], run)
