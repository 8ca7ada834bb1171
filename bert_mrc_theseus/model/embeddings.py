"""What the layers of an encoder read: embeddings of tokens, and what words add to them."""

import keras
from keras import ops

from bert_mrc_theseus.model.encoder import LayerNorm, dropout, weights_of_norm
from bert_mrc_theseus.model_files.encoder_weights import PIECE_EMBEDDINGS
from bert_mrc_theseus.model_files.model_config import EncoderConfig, WordShape
from bert_mrc_theseus.mrc.batch_types import Tokens
from bert_mrc_theseus.mrc.lexicon import BITS
from bert_mrc_theseus.mrc.tokenizer import PLACES


class Embeddings(keras.layers.Layer):
    """Sum of word, position and token-type embeddings, then LayerNorm and dropout.

    With words, a character in a piece of several has a mean of its own row and the piece's, weighed by a gate; and to all
    characters their place in the piece and their lexicon features are added.

    Args:
        config: shape of the encoder.
        dropout_rate: in training.
        words: None: there are none.
        seed: of the first weights of what words add.
    """

    def __init__(
        self,
        config: EncoderConfig,
        dropout_rate: float = 0.0,
        words: WordShape | None = None,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        normal = keras.initializers.TruncatedNormal(stddev=0.02)
        hidden = config.hidden_size
        # Without autocast, mixed precision casts the looked-up rows and not the whole table.
        self.word = self.add_weight(
            shape=(config.vocab_size, hidden), initializer=normal, name="word_embeddings", autocast=False
        )
        self.position = self.add_weight(
            shape=(config.max_positions, hidden), initializer=normal, name="position_embeddings", autocast=False
        )
        self.token_type = self.add_weight(
            shape=(config.type_vocab_size, hidden), initializer=normal, name="token_type_embeddings", autocast=False
        )
        self.norm = LayerNorm(hidden, config.layer_norm_eps, name="LayerNorm")
        self.piece = self.gate = self.of_words = None
        if words is not None:
            self.of_words = WordFeatures(hidden, words.sources, seed, name="words")
            if words.pieces:
                self.piece = self.add_weight(
                    shape=(words.pieces, hidden), initializer=normal, name="piece_embeddings", autocast=False
                )
                # Named as a bias, so that weight decay leaves it alone.
                self.gate = self.add_weight(
                    shape=(1,), initializer=keras.initializers.Constant(0.5), name="bias", autocast=False
                )
        self.rate = dropout_rate
        self.built = True

    def call(self, tokens: Tokens, token_types, positions, seed=None):
        """Tokens (B, L), and their types and positions -> (B, L, H)."""
        words = ops.take(self.word, tokens.ids, axis=0)
        if self.piece is not None:
            gate = ops.cast(ops.expand_dims(ops.greater_equal(tokens.pieces, 0), -1), "float32") * self.gate
            words += gate * (ops.take(self.piece, ops.maximum(tokens.pieces, 0), axis=0) - words)
        if self.of_words is not None:
            words += self.of_words(tokens)
        summed = words + ops.take(self.position, positions, axis=0) + ops.take(self.token_type, token_types, axis=0)
        return dropout(self.norm(summed), self.rate, seed, site=0)

    def named_weights(self) -> dict:
        """Variables by their name in `EncoderWeights.tensors`, and what words add."""
        weights = {
            "embeddings.word_embeddings.weight": self.word,
            "embeddings.position_embeddings.weight": self.position,
            "embeddings.token_type_embeddings.weight": self.token_type,
            **weights_of_norm("embeddings.LayerNorm", self.norm),
        }
        if self.piece is not None:
            weights[PIECE_EMBEDDINGS] = self.piece
        return weights

    def new_weights(self) -> dict:
        """Variables that no pretrained encoder has."""
        weights = {} if self.of_words is None else self.of_words.named_weights("embeddings.words")
        return weights if self.gate is None else {**weights, "embeddings.words.gate": self.gate}


class WordFeatures(keras.layers.Layer):
    """What a token's place in its piece and its lexicon features add to its state.

    Args:
        hidden_size: H.
        sources: S, of the lexicon.
        seed: of the first weights.
    """

    def __init__(self, hidden_size: int, sources: int, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.sources = sources
        self.places = self.add_weight(
            shape=(PLACES, hidden_size), initializer="zeros", name="place_embeddings", autocast=False
        )
        self.lexicon = None
        if sources:
            self.lexicon = self.add_weight(
                shape=(sources * BITS, hidden_size),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02, seed=seed),
                name="lexicon",
                autocast=False,
            )
        self.built = True

    def call(self, tokens: Tokens):
        """Tokens (N, L) -> float32 (N, L, H)."""
        added = ops.take(self.places, tokens.places, axis=0)
        if self.lexicon is None:
            return added
        powers = ops.reshape(2 ** ops.arange(BITS, dtype="int32"), (1, 1, 1, BITS))
        bits = ops.floor_divide(ops.expand_dims(tokens.lexicon, -1), powers) % 2
        features = ops.cast(ops.reshape(bits, (-1, self.sources * BITS)), "float32")
        return added + ops.reshape(ops.matmul(features, self.lexicon), ops.shape(added))

    def named_weights(self, prefix: str) -> dict:
        weights = {f"{prefix}.place_embeddings.weight": self.places}
        return weights if self.lexicon is None else {**weights, f"{prefix}.lexicon_embeddings.weight": self.lexicon}
