"""Models at rest: our own folder, encoders of other projects, run folders. NumPy and safetensors, no Keras.

model_config      shape of a model
regular_files     reading files of models
config_values     are the numbers of a config numbers that a model can have?
checksums         checksums of a model folder
q4                matrices in 4 bit
pieces            words that an encoder knows beside its characters
encoder_weights   tensors of a BERT encoder, and their names
bert_config       config.json and vocab.txt of other projects
huggingface, tensorflow1, e5_small_zh   encoders that can be read and written
lexicon_file      a lexicon in a file
training_record   how a model was made
model_card        what hubs show of a model folder
hub_tokenizer     what transformers reads of its vocabulary
own_tensors       tensors beside those of an encoder: heads, words
model_spec        a model as plain values: `ModelSpec`, `SavedModel`
model_folder      a trained model in a folder of ours: `load_model`, `save_model`
hub               models on the Hugging Face hub
encoders          encoders of any kind: `load_encoder`
averaging         the mean of several models
pruning           narrower layers, when it is known what they use
successor         where a successor's layers come from
run_folder        the layout of a run
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from bert_mrc_theseus.model_files.encoders import load_encoder
    from bert_mrc_theseus.model_files.model_folder import load_model, load_spec, save_model
    from bert_mrc_theseus.model_files.model_spec import ModelSpec, SavedModel

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "encoders": ["load_encoder"],
        "model_folder": ["load_model", "load_spec", "save_model"],
        "model_spec": ["ModelSpec", "SavedModel"],
    },
)

__all__ = ["ModelSpec", "SavedModel", "load_encoder", "load_model", "load_spec", "save_model"]
