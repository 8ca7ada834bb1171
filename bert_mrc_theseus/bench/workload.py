"""What is run: texts, T types, and how much arithmetic that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.mrc.batching import padding_share, sorted_batches
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema


@dataclass(frozen=True)
class Workload:
    """Texts and the number of types to ask for.

    Attributes:
        name: for the table.
        texts: without entities.
        types: T; the model's queries, repeated if it has fewer.
    """

    name: str
    texts: tuple[str, ...]
    types: int


def schema_of(spec: ModelSpec, types: int) -> Schema:
    """A schema of exactly `types` types, made of the model's own queries."""
    known = spec.schema.types
    return Schema(
        tuple(EntityType(f"{known[i % len(known)].name}-{i}", known[i % len(known)].query) for i in range(types))
    )


def examples_of(spec: ModelSpec, workload: Workload) -> Examples:
    """All (window, type) pairs of the workload."""
    documents = [Document(str(number), text) for number, text in enumerate(workload.texts)]
    return spec.examples(documents, schema_of(spec, workload.types))


def arithmetic(lengths: np.ndarray, config: EncoderConfig) -> float:
    """Floating-point operations of the encoder on examples of these lengths, padding not counted.

    Two for each multiply-add of the dense layers and of attention; softmax, LayerNorm and gelu, a few percent, are left out.
    """
    hidden, inner = config.hidden_size, config.intermediate_size
    dense = 2.0 * (4 * hidden**2 + 2 * hidden * inner)
    return config.num_layers * float((lengths * dense + 4.0 * lengths.astype(float) ** 2 * hidden).sum())


def facts(examples: Examples, texts: Sequence[str], budget: int) -> dict[str, float]:
    """Sizes of a workload: sentences, characters, tokens of all pairs, and the share of padding in batches of contexts."""
    lengths = np.array([len(tokens.ids) + 1 for tokens in examples.contexts])
    return {
        "sentences": len(texts),
        "characters": sum(map(len, texts)),
        "tokens": int(examples.lengths(examples.all_pairs()).sum()),
        "padding": padding_share(lengths, sorted_batches(lengths, budget)),
    }
