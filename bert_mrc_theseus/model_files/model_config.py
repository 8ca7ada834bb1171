"""Shape of a model: what decides which weights it has and how it reads its input."""

from dataclasses import dataclass

import numpy as np

from bert_mrc_theseus.errors import ModelError


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Shape of a BERT encoder (Devlin et al., 2019): post-LayerNorm, learnt positions, erf-gelu.

    Attributes:
        head_size: of each attention head; None: hidden_size / num_heads, as in every BERT. Pruned heads leave another
            (`pruning.fewer_heads`).
    """

    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int
    max_positions: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    head_size: int | None = None

    def __post_init__(self) -> None:
        if self.head_size is None and self.hidden_size % self.num_heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of num_heads {self.num_heads}")

    @property
    def size_of_head(self) -> int:
        """Of each attention head."""
        return self.head_size or self.hidden_size // self.num_heads

    @property
    def attention_size(self) -> int:
        """Of all heads together: hidden_size, where no head was pruned."""
        return self.num_heads * self.size_of_head


@dataclass(frozen=True, slots=True)
class SharedContext:
    """How a model reads query and context together (docs/shared-context.md).

    Attributes:
        layers: K, how many of the model's lower layers are shared: in them the context attends to itself only and the query to
            itself only, so that the context's states there are the same for every query. If all are, query and context meet
            below the heads only (`late_fusion`).
        position: of the context's first token, whatever the query's length.
    """

    layers: int = 0
    position: int = 32


@dataclass(frozen=True, slots=True)
class WordShape:
    """Shape of what a model has for words (docs/words.md).

    Attributes:
        pieces: rows of pieces of several characters; 0: the encoder has none.
        sources: S, of the lexicon; 0: there is none.
        layers: above the encoder, see `top_layers`.
        intermediate_size: of these layers.
    """

    pieces: int
    sources: int
    layers: int = 1
    intermediate_size: int = 768


@dataclass(frozen=True, slots=True)
class MatchShape:
    """Shape of the head that matches starts with ends (`heads.MatchHead`).

    Attributes:
        size: of the projections; even.
        longest: characters of the longest span; taken from the training data.
    """

    size: int = 64
    longest: int = 32

    def __post_init__(self) -> None:
        if self.size < 2 or self.size % 2:
            raise ValueError(f"the size of a match head is even and at least 2. Received: {self.size}")

    @property
    def frequencies(self) -> np.ndarray:
        """Radians a position by which each pair of dimensions turns: (size / 2,) (Su et al., 2021, RoFormer, section 3.2)."""
        return (10000.0 ** (-np.arange(0, self.size, 2) / self.size)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Shape of a whole model, saved with it.

    Attributes:
        encoder: shape of the encoder.
        shared: how query and context are read together.
        match: shape of the match head; None: the model has none.
        words: what it has for words; None: it reads characters alone.

    Raises:
        ModelError: not 0 <= K <= layers, or a model with words does not share all layers.
    """

    encoder: EncoderConfig
    shared: SharedContext = SharedContext()
    match: MatchShape | None = None
    words: WordShape | None = None

    def __post_init__(self) -> None:
        layers = self.encoder.num_layers
        if not 0 <= self.shared.layers <= layers:
            raise ModelError(f"of {layers} layers 0 to {layers} can be shared. Received: {self.shared.layers}")
        if self.words is not None and not self.shares_all:
            raise ModelError(f"a model with words shares all of its {layers} layers. Received: {self.shared.layers}")

    @property
    def shares_all(self) -> bool:
        """Whether all layers are shared: a text is read once, whatever the number of types."""
        return self.shared.layers == self.encoder.num_layers
