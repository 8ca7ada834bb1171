"""Tiny encoders and batches, in NumPy alone."""

from collections.abc import Sequence

import numpy as np

from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights, expected_shapes
from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.model_files.pieces import PieceList, Pieces
from bert_mrc_theseus.model_files.q4 import BLOCK, Q4Matrix
from bert_mrc_theseus.mrc.batch_types import Draws, PairBatch, Tokens
from bert_mrc_theseus.mrc.examples import Examples, build_examples
from bert_mrc_theseus.mrc.lexicon import Lexicon, build_lexicon
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema
from bert_mrc_theseus.text.word_lists import PERSON, PLACE, WORD, WordList
from tests.helpers.documents import LETTERS, toy_documents

SCHEMA = Schema((EntityType("PER", "人名"), EntityType("LOC", "地名")))
"""The types of the toy documents."""


def make_weights(
    layers: int = 2,
    hidden: int = 16,
    heads: int = 2,
    seed: int = 0,
    max_positions: int = 128,
) -> EncoderWeights:
    """Random encoder weights over a small character vocabulary."""
    vocab = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[SPACE]", *dict.fromkeys(LETTERS), *"abc123，。：")
    config = EncoderConfig(
        len(vocab),
        hidden,
        layers,
        heads,
        2 * hidden,
        max_positions,
    )
    random = np.random.default_rng(seed)
    tensors = {}
    for name, shape in expected_shapes(config).items():
        scale, shift = (0.1, 1.0) if name.endswith("LayerNorm.weight") else (0.1, 0.0)
        tensors[name] = (shift + scale * random.standard_normal(shape)).astype(np.float32)
    return EncoderWeights(config, vocab, tensors, "test")


def make_pieces(hidden: int = 32, seed: int = 0) -> Pieces:
    """Random pieces: three of several characters and one of a single character."""
    random = np.random.default_rng(seed)
    blocks = (3, hidden // BLOCK)
    rows = Q4Matrix(
        random.integers(0, 256, (*blocks, BLOCK // 2), np.uint8), random.standard_normal(blocks).astype(np.float16)
    )
    scores = -10 * random.random(4).astype(np.float32) - 1
    return Pieces(PieceList(("北京", "大学", "10", "北"), tuple(scores.tolist())), rows)


def make_lexicon() -> Lexicon:
    """Two sources that know some words of the toy documents."""
    mine = {"北京": 1 << PLACE, "大学": 1 << WORD, "李明": 1 << PERSON}
    return build_lexicon(
        [WordList("mine", "", mine), WordList("other", "", {"上海": 1 << PLACE, "李明": 1 << PERSON | 1 << WORD})]
    )


def batch_of(lengths: list[int], query_length: int = 4, padded_to: int | None = None) -> PairBatch:
    """A batch of random tokens; a row's tokens depend on its number alone."""
    size = padded_to or max(lengths)
    ids = np.zeros((len(lengths), size), "int32")
    for row, length in enumerate(lengths):
        ids[row, :length] = np.random.default_rng(row).integers(4, 60, length)
    return PairBatch(Tokens(ids), np.full(len(lengths), query_length, "int32"), np.array(lengths, "int32"))


def examples_of(documents: Sequence[Document]) -> Examples:
    """Examples of both types, for a model of `make_weights`."""
    return build_examples(documents, SCHEMA, Tokenizer(make_weights().vocab), WindowSize(40, 8), 16, 128)


def draws(seed: int = 0, replace: Sequence[bool] | None = None) -> Draws:
    """The draws of a training step."""
    return Draws(np.int32(seed), None if replace is None else np.array(replace))


def some_pairs() -> tuple[Examples, np.ndarray]:
    """Examples of four texts, and pairs of which some have the same text."""
    examples = examples_of(toy_documents(6, 4))
    return examples, examples.all_pairs()[[3, 0, 1, 8, 9, 6]]


def assert_same_encoder(a: EncoderWeights, b: EncoderWeights) -> None:
    """Equal settings, vocabularies, tensors and pieces."""
    assert a.config == b.config and a.vocab == b.vocab and set(a.tensors) == set(b.tensors)
    for name in a.tensors:
        np.testing.assert_array_equal(a.tensors[name], b.tensors[name])
    assert (a.pieces is None) == (b.pieces is None)
    if a.pieces is not None and b.pieces is not None:
        assert_same_pieces(a.pieces, b.pieces)


def assert_same_pieces(a: Pieces, b: Pieces) -> None:
    """Equal entries, scores and rows, to the bit."""
    assert a.listed == b.listed
    for mine, other in ((a.rows.nibbles, b.rows.nibbles), (a.rows.scales, b.rows.scales)):
        assert mine.dtype == other.dtype
        np.testing.assert_array_equal(mine, other)
