"""A model as plain values: its spec, and its weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.model_files.pieces import PieceList
from bert_mrc_theseus.model_files.training_record import TrainingRecord
from bert_mrc_theseus.mrc.examples import Examples, build_examples
from bert_mrc_theseus.mrc.lexicon import Lexicon, build_lexicon
from bert_mrc_theseus.mrc.segmentation import Segmenter
from bert_mrc_theseus.mrc.tokenizer import Tokenizer, Words
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema
from bert_mrc_theseus.text.word_lists import WordList


@dataclass(frozen=True)
class ModelSpec:
    """All that is known of a model but its weights: enough to read texts for it and to decode its answers.

    Attributes:
        config: its shape.
        vocab: one entry a row of its word embeddings.
        schema: entity types and their queries.
        window: how texts are cut.
        thresholds: smallest probabilities that count.
        record: how it was made.
        pieces: whose embeddings its encoder reads with those of characters; None: it reads characters alone.
        lexicon: whose words are features of characters; None: it has none.
        added: words that a user adds to the lexicon, see `with_words`; they are not saved with the model.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.package_data import bundled_model
        >>> spec = bmt.model_files.load_spec(bundled_model())
        >>> spec.schema.names, spec.config.encoder.num_layers
        (('PER', 'LOC', 'ORG'), 6)
    """

    config: ModelConfig
    vocab: tuple[str, ...]
    schema: Schema
    window: WindowSize = WindowSize()
    thresholds: Thresholds = Thresholds()
    record: TrainingRecord = TrainingRecord()
    pieces: PieceList | None = None
    lexicon: Lexicon | None = None
    added: Lexicon | None = None

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        if self.pieces is None:
            return Tokenizer(self.vocab)
        segmenter = Segmenter(self.pieces.entries, np.array(self.pieces.scores, np.float32))
        return Tokenizer(self.vocab, Words(segmenter, self.lexicon, self.added))

    def examples(
        self, documents: Sequence[Document], schema: Schema | None = None, for_training: bool = False
    ) -> Examples:
        """All (window, type) pairs of documents as this model reads them.

        Args:
            documents: their entities become the labels.
            schema: types to ask for, by default the model's.
            for_training: keep what `lexicon_noise` needs.

        Raises:
            DataError, UserError: see `examples.build_examples`.
        """
        return build_examples(
            documents,
            schema or self.schema,
            self._tokenizer,
            self.window,
            None if self.config.shares_all else self.config.shared.position,
            self.config.encoder.max_positions,
            keep_matches=for_training,
        )

    def with_words(self, words: WordList) -> "ModelSpec":
        """The same model, which reads some words as if every source of its lexicon had them.

        Args:
            words: of a user, such as `word_lists.term_words`.

        Raises:
            UserError: the model has no lexicon.
        """
        if self.lexicon is None:
            raise UserError("the model reads no lexicon, so words cannot be added to it; see docs/words.md")
        return replace(self, added=build_lexicon([words]))

    def unseen(self, schema: Schema) -> tuple[str, ...]:
        """The types of a schema whose query the model was not trained on."""
        known = {item.query for item in self.schema.types}
        return tuple(item.name for item in schema.types if item.query not in known)

    def decoding(self, nested: bool) -> Decoding:
        """How this model's answers are decoded; nested as far as it can: without match head only types overlap."""
        if not nested:
            return Decoding.FLAT
        return Decoding.BY_TYPE if self.config.match is None else Decoding.NESTED


@dataclass(frozen=True)
class SavedModel:
    """A model as plain values.

    Attributes:
        spec: all but the weights.
        tensors: weights of the encoder and the heads, by name.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> model = bmt.model_files.load_model("run/stage2/best")
        >>> bmt.model_files.SavedModel(model.spec, model.tensors).parameters == model.parameters
        True
    """

    spec: ModelSpec
    tensors: Mapping[str, np.ndarray]

    @property
    def parameters(self) -> int:
        """How many numbers the weights are, embeddings and heads included."""
        return sum(tensor.size for tensor in self.tensors.values())

    def encoder_weights(self, source: str = "") -> EncoderWeights:
        """The encoder alone, without heads.

        Raises:
            ModelError: a tensor is missing or has another shape than the config says.
        """
        return EncoderWeights(self.spec.config.encoder, self.spec.vocab, self.tensors, source)
