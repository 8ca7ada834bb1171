"""`export --to hf`: a model as a folder that transformers loads, with its heads.

`AutoModel` gives the plain encoder, and with `trust_remote_code=True` the model of `modeling_bert_mrc`, which gives start and
end logits. The folder of a model with words has all its weights, but neither the list of its pieces nor its lexicon: which
words are in a text, `word_inputs` says.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files.places import refuse_existing
from bert_mrc_theseus.model_files.encoder_weights import expected_shapes
from bert_mrc_theseus.model_files.hub_tokenizer import write_hub_tokenizer
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.model_files.model_card import CARD, model_card
from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.model_files.model_folder import load_model, load_spec
from bert_mrc_theseus.mrc.collate import collate
from bert_mrc_theseus.mrc.lexicon import BITS
from bert_mrc_theseus.mrc.tokenizer import PLACES
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import schema_to_json

MODELING = Path(__file__).with_name("modeling_bert_mrc.py")

LOADING = """from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModel.from_pretrained("FOLDER", trust_remote_code=True)
inputs = tokenizer([QUERY], [TEXT], return_tensors="pt")  # queries: queries.json
logits = model(**inputs).start_logits, model(**inputs).end_logits"""

LOADING_WITH_WORDS = """import torch
from bert_mrc_theseus.integrations.transformers_folder import word_inputs  # pip install bert-mrc-theseus
from transformers import AutoModel

model = AutoModel.from_pretrained("FOLDER", trust_remote_code=True)
inputs = word_inputs(MODEL_FOLDER, [TEXT])  # the folder that this one was exported from: it has the words
output = model(**{name: torch.from_numpy(value) for name, value in inputs.items()})
logits = output.start_logits, output.end_logits"""


def export_transformers(model: str | Path, out: str | Path) -> list[str]:
    """Writes the folder, in one step.

    Args:
        model: model folder.
        out: the folder to write.

    Returns:
        What is left out, for which transformers has no place.

    Raises:
        UsageError: the folder exists already, or is not writable.
        UserError: it cannot be written.
        ModelError: the model cannot be read.
    """
    refuse_existing(out)
    saved = load_model(model)
    spec, config = saved.spec, saved.spec.config
    words = config.words
    of_encoder = expected_shapes(config.encoder)
    heads = {
        name: tensor
        for name, tensor in saved.tensors.items()
        if name not in of_encoder and not name.startswith("heads.match.")
    }

    def complete(new: Path) -> None:
        write_hub_tokenizer(new, spec.vocab, config.encoder.max_positions)
        (new / "queries.json").write_text(schema_to_json(spec.schema), encoding="utf-8")
        card = model_card(config, spec.schema, spec.record, "transformers", LOADING_WITH_WORDS if words else LOADING)
        (new / CARD).write_text(card, encoding="utf-8")
        shutil.copyfile(MODELING, new / MODELING.name)

    try:
        write_huggingface(saved.encoder_weights(str(model)), out, heads, _settings(config), complete)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error}") from error
    parts = {
        "match head": config.match is not None,
        "list of pieces": words is not None and words.pieces > 0,
        "lexicon": words is not None and words.sources > 0,
    }
    return [part for part, there in parts.items() if there]


def word_inputs(model: str | Path, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """What the model of an exported folder reads: each window of the texts with each type's query, as arrays.

    Args:
        model: the model folder that was exported, whose pieces and lexicon are looked for.
        texts: the texts.

    Returns:
        int64 `input_ids`, `attention_mask`, `token_type_ids` (B, L), window by window, with the types in the model's order; and
        of a model with words `token_pieces`, `token_places` (B, L), `token_lexicon` (B, L, S).

    Raises:
        ModelError: the model cannot be read.
    """
    examples = load_spec(model).examples([Document(str(number), text) for number, text in enumerate(texts)])
    batch = collate(examples, examples.all_pairs())
    numbers = np.arange(batch.tokens.ids.shape[1])
    valid = numbers < batch.lengths[:, None]
    fields = {f"token_{name}": field for name, field in batch.tokens._asdict().items() if name != "ids"}
    found = {
        "input_ids": batch.tokens.ids,
        "attention_mask": valid,
        "token_type_ids": valid & (numbers >= batch.query_lengths[:, None]),
        **{name: field for name, field in fields.items() if field is not None},
    }
    return {name: value.astype(np.int64) for name, value in found.items()}


def _settings(config: ModelConfig) -> dict[str, Any]:
    """What `modeling_bert_mrc` reads in config.json."""
    words = config.words
    of_words = (
        {}
        if words is None
        else {
            "mrc_pieces": words.pieces,
            "mrc_places": PLACES,
            "mrc_lexicon_sources": words.sources,
            "mrc_lexicon_bits": BITS,
            "mrc_top_layers": words.layers,
            "mrc_top_intermediate_size": words.intermediate_size,
        }
    )
    return {
        **of_words,
        "architectures": ["BertForMRC"],
        "auto_map": {"AutoModel": f"{MODELING.stem}.BertForMRC"},
        "mrc_shared_layers": config.shared.layers,
        "mrc_context_position": config.shared.position,
    }
