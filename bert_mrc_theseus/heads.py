"""Start and end heads: two binary logits per token, computed in float32."""

import math

import keras
from keras import ops


class SpanHeads(keras.layers.Layer):
    """Scores each token as the start and as the end of a span that answers the query.

    Args:
        hidden_size: H.
        prior: probability that both heads give before training. Starting at the share of positive tokens keeps the first
            steps from being spent on learning that nearly every token is negative (Lin et al., 2017, section 3.3).
    """

    def __init__(self, hidden_size: int, prior: float = 0.02, **kwargs):
        super().__init__(**kwargs)
        self.kernel = self.add_weight(
            shape=(hidden_size, 2),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02),
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


def _log_odds(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a prior lies strictly between 0 and 1. Received: {probability}")
    return math.log(probability / (1.0 - probability))
