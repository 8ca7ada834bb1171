"""Tiny encoders and batches, in NumPy alone."""

from collections.abc import Sequence

import numpy as np

from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights, expected_shapes
from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.mrc.batch_types import Draws, PairBatch, Tokens
from bert_mrc_theseus.mrc.examples import Examples, build_examples
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema
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
    """Equal settings, vocabularies and tensors."""
    assert a.config == b.config and a.vocab == b.vocab and set(a.tensors) == set(b.tensors)
    for name in a.tensors:
        np.testing.assert_array_equal(a.tensors[name], b.tensors[name])
