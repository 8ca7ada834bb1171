"""Where a query that was read alone meets a text that was read alone: below the heads (docs/shared-context.md)."""

import keras
from keras import ops

from bert_mrc_theseus.model.encoder import LayerNorm
from bert_mrc_theseus.mrc.batch_types import PairBatch


class LateFusion(keras.layers.Layer):
    """The element-wise product of a projection of each token and one of its query's mean state.

    A low-rank bilinear form (Kim et al., 2017, "Hadamard Product for Low-rank Bilinear Pooling", section 3.1). The span heads
    are linear in the product, so that the logits of all types are one matrix product of the text's projections with a matrix
    that the queries make.

    Args:
        hidden_size: H.
        epsilon: of the query's LayerNorm.
        seed: of the first weights.
    """

    def __init__(self, hidden_size: int, epsilon: float, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)

        def dense(name: str) -> keras.layers.Dense:
            normal = keras.initializers.TruncatedNormal(stddev=hidden_size**-0.5, seed=seed)
            layer = keras.layers.Dense(hidden_size, kernel_initializer=normal, name=name)
            layer.build((None, hidden_size))
            return layer

        self.context, self.query = dense("context"), dense("query")
        self.norm = LayerNorm(hidden_size, epsilon, name="query_norm")
        self.built = True

    def call(self, hidden, batch: PairBatch):
        """States of pairs (B, L, H), in which query and context have not seen each other -> what the heads read (B, L, H)."""
        shape = ops.shape(hidden)
        numbers = ops.expand_dims(ops.arange(shape[1], dtype="int32"), 0)
        of_query = ops.cast(ops.less(numbers, ops.expand_dims(batch.query_lengths, 1)), "float32")  # (B, L)
        # An example that only fills up a batch has no query.
        weights = ops.expand_dims(of_query / ops.maximum(ops.sum(of_query, axis=1, keepdims=True), 1.0), 1)
        mean = ops.squeeze(ops.matmul(ops.cast(weights, hidden.dtype), hidden), 1)  # (B, H)
        query = ops.expand_dims(self.norm(self.query(mean)), 1)
        context = self.context(ops.reshape(hidden, (-1, shape[2])))
        return ops.reshape(context, shape) * query

    def named_weights(self) -> dict:
        return {
            "heads.fusion.context.weight": self.context.kernel,
            "heads.fusion.context.bias": self.context.bias,
            "heads.fusion.query.weight": self.query.kernel,
            "heads.fusion.query.bias": self.query.bias,
            "heads.fusion.query.LayerNorm.weight": self.norm.gamma,
            "heads.fusion.query.LayerNorm.bias": self.norm.beta,
        }
