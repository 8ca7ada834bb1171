"""Where a query that was read alone meets a text that was read alone: below the heads (docs/shared-context.md)."""

import keras
from keras import ops

from bert_mrc_theseus.model.encoder import LayerNorm
from bert_mrc_theseus.mrc.batch_types import Tensor


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

        def dense(name: str, number: int) -> keras.layers.Dense:
            own = None if seed is None else seed + number
            normal = keras.initializers.TruncatedNormal(stddev=hidden_size**-0.5, seed=own)
            layer = keras.layers.Dense(hidden_size, kernel_initializer=normal, name=name)
            layer.build((None, hidden_size))
            return layer

        self.context, self.query = dense("context", 0), dense("query", 1)
        self.norm = LayerNorm(hidden_size, epsilon, name="query_norm")
        self.built = True

    def call(self, queries: Tensor, query_mask: Tensor, contexts: Tensor, members: Tensor):
        """Brings pairs together.

        Args:
            queries: states of the queries (T, Lq, H).
            query_mask: float32 (T, Lq), 1 on all tokens but padding.
            contexts: states of the contexts (N, L, H).
            members: int32 (B, 2), the row of each pair's query and of its context.

        Returns:
            What the heads read: (B, L, H).
        """
        # A row that only fills up a batch has no tokens.
        weights = query_mask / ops.maximum(ops.sum(query_mask, axis=1, keepdims=True), 1.0)
        mean = ops.squeeze(ops.matmul(ops.cast(ops.expand_dims(weights, 1), queries.dtype), queries), 1)  # (T, H)
        query = self.norm(self.query(mean))
        shape = ops.shape(contexts)
        context = ops.reshape(self.context(ops.reshape(contexts, (-1, shape[2]))), shape)
        return ops.take(context, members[:, 1], axis=0) * ops.expand_dims(ops.take(query, members[:, 0], axis=0), 1)

    def named_weights(self) -> dict:
        return {
            "heads.fusion.context.weight": self.context.kernel,
            "heads.fusion.context.bias": self.context.bias,
            "heads.fusion.query.weight": self.query.kernel,
            "heads.fusion.query.bias": self.query.bias,
            "heads.fusion.query.LayerNorm.weight": self.norm.gamma,
            "heads.fusion.query.LayerNorm.bias": self.norm.beta,
        }
