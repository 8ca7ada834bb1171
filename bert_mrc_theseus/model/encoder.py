"""BERT encoder layers (Devlin et al., 2019): post-LayerNorm, learnt positions, erf-gelu.

Only `keras.ops`, so that the same code runs on every Keras backend. Each layer takes its own attention bias and the
embeddings take their positions: nothing here assumes that every token sees every other.

Dropout is stateless: it draws from (seed, site), the site being a number that is fixed when the layer is made. No random
state has to be saved for a training run to resume exactly, and layers may run inside `keras.ops.cond` on any backend.
`seed=None` means no dropout, that is, inference.
"""

import math

import keras
from keras import ops

from bert_mrc_theseus.model_files.model_config import EncoderConfig

MASKED = -1e9
"""Attention bias of a token that must not be seen."""


class _Seed(keras.random.SeedGenerator):
    """A seed tensor of shape (2,) in the form that `keras.random` asks for."""

    def __init__(self, value):
        self.value = value

    def next(self, ordered: bool = True):
        return self.value


def dropout(x, rate: float, seed, site: int):
    """Inverted dropout whose mask is a pure function of (seed, site).

    Args:
        x: any tensor.
        rate: share of values set to zero.
        seed: int32 scalar tensor, or None for no dropout.
        site: number of the place in the model, so that no two places share a mask.
    """
    if seed is None or rate == 0.0:
        return x
    dtype = "uint32" if keras.backend.backend() == "jax" else "int32"
    pair = ops.stack([ops.cast(seed, dtype), ops.cast(site, dtype)])
    return keras.random.dropout(x, rate, seed=_Seed(pair))


@ops.custom_gradient
def gelu(x):
    """Exact (erf) gelu and its derivative, both in float32 whatever the type of `x`.

    Left to autodiff, each is a chain of operations over bfloat16 tensors, a tenth of a training step (docs/speed.md).
    """
    wide = ops.cast(x, "float32")
    cdf = 0.5 + 0.5 * ops.erf(wide * math.sqrt(0.5))

    def gradient(*args, upstream=None):
        density = ops.exp(-0.5 * ops.square(wide)) * (1.0 / math.sqrt(2.0 * math.pi))
        slope = ops.cast(args[0] if upstream is None else upstream, "float32")
        return ops.cast(slope * (cdf + wide * density), x.dtype)

    return ops.cast(wide * cdf, x.dtype), gradient


class LayerNorm(keras.layers.Layer):
    """LayerNorm over the last axis, computed in float32 whatever the compute type.

    Keras' own LayerNormalization gives the same to rounding. It takes 1.2 times as long, forward and backward of 1,024 tokens
    of 384 in float32 and in bfloat16, both in one process on one core; that is about a hundredth of a training step. Ours also
    lets trainings that older programs began go on to the same weights bit for bit.
    """

    def __init__(self, size: int, epsilon: float, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.gamma = self.add_weight(shape=(size,), initializer="ones", name="gamma", autocast=False)
        self.beta = self.add_weight(shape=(size,), initializer="zeros", name="beta", autocast=False)
        self.built = True

    def call(self, x):
        wide = ops.cast(x, "float32")
        mean = ops.mean(wide, axis=-1, keepdims=True)
        centred = wide - mean
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        scaled = centred * (ops.rsqrt(variance + self.epsilon) * self.gamma) + self.beta
        return ops.cast(scaled, self.compute_dtype)


def padding_mask(length, lengths):
    """float32 (N, L): 1 on all tokens but padding.

    Args:
        length: L.
        lengths: int32 (N,), tokens of each row but the padding.
    """
    numbers = ops.expand_dims(ops.arange(length, dtype="int32"), 0)
    return ops.cast(ops.less(numbers, ops.expand_dims(lengths, 1)), "float32")


def padding_bias(length, lengths):
    """Attention bias (N, 1, 1, L) with which every token sees every other but padding; arguments as in `padding_mask`."""
    return ops.expand_dims(ops.expand_dims((1.0 - padding_mask(length, lengths)) * MASKED, 1), 1)


def _dense(size_in: int, size_out: int, name: str, seed: int | None = None) -> keras.layers.Dense:
    normal = keras.initializers.TruncatedNormal(stddev=0.02, seed=seed)
    dense = keras.layers.Dense(size_out, kernel_initializer=normal, name=name)
    dense.build((None, size_in))
    return dense


class EncoderLayer(keras.layers.Layer):
    """One transformer layer: self-attention and feed-forward, each with a residual and a LayerNorm after it.

    Args:
        config: shape of the encoder.
        site: number of this layer among all layers of the model, for its dropout masks.
        dropout_rate: of hidden states and attention, in training.
        seed: of the first weights.
    """

    def __init__(self, config: EncoderConfig, site: int, dropout_rate: float = 0.0, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        hidden, inner = config.hidden_size, config.intermediate_size
        self.heads, self.head_size = config.num_heads, config.size_of_head
        attention = config.attention_size
        self.rate = dropout_rate
        self.site = 1 + 3 * site
        seeds = [None if seed is None else 6 * seed + number for number in range(6)]
        self.query = _dense(hidden, attention, "query", seeds[0])
        self.key = _dense(hidden, attention, "key", seeds[1])
        self.value = _dense(hidden, attention, "value", seeds[2])
        self.attention_output = _dense(attention, hidden, "attention_output", seeds[3])
        self.attention_norm = LayerNorm(hidden, config.layer_norm_eps, name="attention_norm")
        self.inner = _dense(hidden, inner, "intermediate", seeds[4])
        self.outer = _dense(inner, hidden, "output", seeds[5])
        self.output_norm = LayerNorm(hidden, config.layer_norm_eps, name="output_norm")
        self.built = True

    def call(self, hidden, attention_bias, seed=None):
        """Runs the layer.

        Args:
            hidden: (B, L, H).
            attention_bias: added to the attention scores; broadcasts to (B, heads, L, L); 0 or `MASKED`.
            seed: dropout seed of this step, or None.

        Returns:
            (B, L, H).
        """
        batch, length, size = ops.shape(hidden)
        # All matrix products are on (B*L, H): a product of a 3-D tensor with a matrix would become a batch of small ones,
        # and its weight gradient a sum over a (B, H, H) tensor.
        rows = ops.reshape(hidden, (-1, size))  # (B*L, H)

        def split(x):
            return ops.transpose(ops.reshape(x, (batch, length, self.heads, self.head_size)), (0, 2, 1, 3))

        query = split(self.query(rows) * (1.0 / math.sqrt(self.head_size)))  # (B, heads, L, head size)
        scores = ops.matmul(query, ops.transpose(split(self.key(rows)), (0, 1, 3, 2)))  # (B, heads, L, L)
        scores = ops.softmax(ops.cast(scores, "float32") + ops.cast(attention_bias, "float32"))
        scores = dropout(ops.cast(scores, hidden.dtype), self.rate, seed, self.site)
        mixed = ops.transpose(ops.matmul(scores, split(self.value(rows))), (0, 2, 1, 3))
        attended = self.attention_output(ops.reshape(mixed, (-1, self.heads * self.head_size)))
        rows = self.attention_norm(rows + dropout(attended, self.rate, seed, self.site + 1))
        fed = self.outer(gelu(self.inner(rows)))
        rows = self.output_norm(rows + dropout(fed, self.rate, seed, self.site + 2))
        return ops.reshape(rows, (batch, length, size))

    def named_weights(self) -> dict:
        """Variables by their name in `LAYER_TENSORS`."""
        return {
            **_of_dense("attention.self.query", self.query),
            **_of_dense("attention.self.key", self.key),
            **_of_dense("attention.self.value", self.value),
            **_of_dense("attention.output.dense", self.attention_output),
            **weights_of_norm("attention.output.LayerNorm", self.attention_norm),
            **_of_dense("intermediate.dense", self.inner),
            **_of_dense("output.dense", self.outer),
            **weights_of_norm("output.LayerNorm", self.output_norm),
        }


def _of_dense(name: str, layer: keras.layers.Dense) -> dict:
    return {f"{name}.weight": layer.kernel, f"{name}.bias": layer.bias}


def weights_of_norm(name: str, layer: LayerNorm) -> dict:
    return {f"{name}.weight": layer.gamma, f"{name}.bias": layer.beta}
