"""Layers above the encoder, in which each character's own embedding and its words enter once more (docs/words.md)."""

from dataclasses import replace

import keras
from keras import ops

from bert_mrc_theseus.model.embeddings import WordFeatures
from bert_mrc_theseus.model.encoder import EncoderLayer, LayerNorm, dropout, padding_bias
from bert_mrc_theseus.model_files.model_config import EncoderConfig, WordShape
from bert_mrc_theseus.mrc.batch_types import Tensor, TokenRows

SITE = 1000
"""Number of the first of these layers among all layers of a model, for dropout: above every encoder's."""


class TopLayers(keras.layers.Layer):
    """Each token's state, its own embedding, its place in its piece and its lexicon features, and layers that read the sum.

    What is known of a word wherever it stands reaches the heads over a short way: in domain and out of it the model finds more
    names (docs/words.md).

    Args:
        encoder: shape of the encoder below.
        words: shape of the layers.
        dropout_rate: in training.
        seed: of the first weights.
    """

    def __init__(
        self,
        encoder: EncoderConfig,
        words: WordShape,
        dropout_rate: float = 0.0,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        hidden = encoder.hidden_size
        self.rate = dropout_rate
        self.own = keras.layers.Dense(
            hidden, kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02, seed=seed), name="own"
        )
        self.own.build((None, hidden))
        self.of_words = WordFeatures(hidden, words.sources, None if seed is None else seed + 1, name="words")
        self.norm = LayerNorm(hidden, encoder.layer_norm_eps, name="top_norm")
        shape = replace(encoder, intermediate_size=words.intermediate_size)
        self.layers_above = [
            EncoderLayer(shape, SITE + i, dropout_rate, None if seed is None else seed + 2 + i, name=f"top_{i}")
            for i in range(words.layers)
        ]
        self.built = True

    def call(self, hidden: Tensor, rows: TokenRows, embedded: Tensor, seed=None):
        """Runs the layers.

        Args:
            hidden: states of the encoder (N, L, H).
            rows: the texts.
            embedded: rows of the tokens in the table of word embeddings (N, L, H).
            seed: of dropout, or None.

        Returns:
            (N, L, H).
        """
        shape = ops.shape(hidden)
        own = self.own(ops.cast(ops.reshape(embedded, (-1, shape[2])), hidden.dtype))
        summed = ops.cast(hidden + ops.reshape(own, shape), "float32") + self.of_words(rows.tokens)
        above = dropout(self.norm(summed), self.rate, seed, site=3 * (SITE - 1))
        bias = padding_bias(shape[1], rows.lengths)
        for layer in self.layers_above:
            above = layer(above, bias, seed)
        return above

    def named_weights(self) -> dict:
        """Variables by name; those of layers as in `LAYER_TENSORS`."""
        return {
            "top.own.weight": self.own.kernel,
            "top.own.bias": self.own.bias,
            **self.of_words.named_weights("top.words"),
            "top.LayerNorm.weight": self.norm.gamma,
            "top.LayerNorm.bias": self.norm.beta,
            **{
                f"top.layer.{i}.{name}": variable
                for i, layer in enumerate(self.layers_above)
                for name, variable in layer.named_weights().items()
            },
        }
