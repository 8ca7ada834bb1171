"""Heads: start and end logits of each token, and, for nested entities, a logit of each pair of start and end; in float32."""

import math

import keras
from keras import ops

from bert_mrc_theseus.model.encoder import MASKED
from bert_mrc_theseus.model_files.model_config import MatchShape


class SpanHeads(keras.layers.Layer):
    """Scores each token as the start and as the end of a span that answers the query.

    Args:
        hidden_size: H.
        prior: probability that both heads give before training. Starting at the share of positive tokens keeps the first
            steps from being spent on learning that nearly every token is negative (Lin et al., 2017, section 3.3).
        seed: of the first weights.
    """

    def __init__(self, hidden_size: int, prior: float = 0.02, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.kernel = self.add_weight(
            shape=(hidden_size, 2),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02, seed=seed),
            name="kernel",
            autocast=False,
        )
        self.bias = self.add_weight(shape=(2,), initializer="zeros", name="bias", autocast=False)
        self.bias.assign(ops.full((2,), _log_odds(prior)))
        self.built = True

    def call(self, hidden):
        """(B, L, H) -> (B, L, 2) logits, start then end."""
        batch, length, size = ops.shape(hidden)
        rows = ops.cast(ops.reshape(hidden, (-1, size)), "float32")
        return ops.reshape(ops.add(ops.matmul(rows, self.kernel), self.bias), (batch, length, 2))

    def named_weights(self) -> dict:
        return {"heads.span.weight": self.kernel, "heads.span.bias": self.bias}


class MatchHead(keras.layers.Layer):
    """Scores pairs of tokens as start and end of one span.

    A scaled product of two projections that are rotated by their positions, and a learnt term for the span's length (Su et al.,
    2022, Global Pointer, equations 3 to 5; the term is ours). Without the rotation the head cannot tell a start's own end from
    another's. The (L, L) matrix is one of scalars: a head on the concatenation of both ends' hidden vectors (Li et al., 2020,
    BERT-MRC, section 3.3) would need L*L vectors of 2 H.

    Args:
        hidden_size: H.
        shape: size of the projections and longest span.
        seed: of the first weights.
    """

    def __init__(self, hidden_size: int, shape: MatchShape, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.shape = shape
        normal = keras.initializers.TruncatedNormal(stddev=0.02, seed=seed)
        self.kernel = self.add_weight(
            shape=(hidden_size, 2 * shape.size), initializer=normal, name="kernel", autocast=False
        )
        self.bias = self.add_weight(shape=(2 * shape.size,), initializer="zeros", name="bias", autocast=False)
        # Named as a bias, so that weight decay leaves it alone.
        self.lengths = self.add_weight(shape=(shape.longest,), initializer="zeros", name="bias", autocast=False)
        self.built = True

    def call(self, hidden):
        """(B, L, H) -> (B, L, L) logits of (first token, last token); `MASKED` where that is no span of allowed length."""
        length = ops.shape(hidden)[1]
        projected = ops.matmul(ops.cast(hidden, "float32"), self.kernel) + self.bias
        places = ops.arange(length, dtype="int32")
        angles = ops.expand_dims(ops.cast(places, "float32"), 1) * self.shape.frequencies
        first = _rotated(projected[..., : self.shape.size], angles)
        last = _rotated(projected[..., self.shape.size :], angles)
        scores = ops.matmul(first, ops.transpose(last, (0, 2, 1))) / math.sqrt(self.shape.size)
        distance = ops.expand_dims(places, 0) - ops.expand_dims(places, 1)  # (L, L)
        allowed = ops.logical_and(distance >= 0, distance < self.shape.longest)
        by_length = ops.take(self.lengths, ops.clip(distance, 0, self.shape.longest - 1), axis=0)
        return ops.where(allowed, scores + by_length, MASKED)

    def named_weights(self) -> dict:
        return {"heads.match.weight": self.kernel, "heads.match.bias": self.bias, "heads.match.lengths": self.lengths}


def _rotated(vectors, angles):
    """Turns dimension k with dimension k + size / 2, for vectors (B, L, size) and angles (L, size / 2)."""
    half = angles.shape[1]
    x, y = vectors[..., :half], vectors[..., half:]
    cos, sin = ops.cos(angles), ops.sin(angles)
    return ops.concatenate([x * cos - y * sin, x * sin + y * cos], axis=-1)


def _log_odds(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a prior lies strictly between 0 and 1. Received: {probability}")
    return math.log(probability / (1.0 - probability))
