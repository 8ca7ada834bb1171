"""Keras models from weights at rest."""

from bert_mrc_theseus.model.mrc_model import MRCModel
from bert_mrc_theseus.model.variables import head_variables, load_tensors
from bert_mrc_theseus.model_files.encoder_weights import EncoderWeights
from bert_mrc_theseus.model_files.model_config import MatchShape, ModelConfig, SharedContext, WordShape
from bert_mrc_theseus.model_files.model_spec import SavedModel


def keras_model(saved: SavedModel, source: str = "", dropout_rate: float = 0.0) -> MRCModel:
    """The Keras model of a saved one.

    Args:
        saved: shape and weights.
        source: where it is from, for messages.
        dropout_rate: for training it on.

    Raises:
        ModelError: tensors and config do not fit together.
    """
    model = MRCModel(saved.spec.config, dropout_rate=dropout_rate)
    load_tensors(model.named_weights(), saved.tensors, source)
    return model


def predecessor_from(
    weights: EncoderWeights,
    shared: SharedContext = SharedContext(),
    prior: float = 0.02,
    match: MatchShape | None = None,
    dropout_rate: float = 0.0,
    seed: int | None = None,
    words: WordShape | None = None,
) -> MRCModel:
    """A model with an encoder's weights and all else fresh, to be fine-tuned in stage 0; arguments as those of `MRCModel`."""
    model = MRCModel(ModelConfig(weights.config, shared, match, words), prior, dropout_rate, seed)
    new = head_variables(model)
    encoder = {name: variable for name, variable in model.named_weights().items() if name not in new}
    load_tensors(encoder, weights.tensors_with_pieces(), weights.source)
    return model
