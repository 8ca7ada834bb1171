"""The network: the only folder that is Keras through and through.

encoder             BERT layers
embeddings          what they read, with words or without
heads               start and end logits, match logits
token_layout        token types, positions and masks of a batch
variables           a model's variables by name
shared_context      shared layers run once a query and once a context
top_layers          layers above the encoder that words enter once more
read_apart          texts and queries read apart, by all layers
late_fusion         query and text that were read apart, brought together
mrc_model           encoder and heads: `MRCModel`
theseus             a predecessor whose modules are replaced by a successor's layers: `TheseusModel`
build               Keras models from weights at rest
padded_batches      batches filled up to sizes of which there are few
tensorflow_backend, jax_backend   what these backends need
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from bert_mrc_theseus.model.build import keras_model
    from bert_mrc_theseus.model.mrc_model import ModelOutput, MRCModel
    from bert_mrc_theseus.model.theseus import TheseusModel

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={"build": ["keras_model"], "mrc_model": ["MRCModel", "ModelOutput"], "theseus": ["TheseusModel"]},
)

__all__ = ["MRCModel", "ModelOutput", "TheseusModel", "keras_model"]
