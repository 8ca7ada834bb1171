"""`export --to hf`: a model as a folder that transformers loads, with its heads.

`AutoModel` gives the plain encoder, and with `trust_remote_code=True` the model of `modeling_bert_mrc`, which gives start and
end logits. Of a model with words it is the encoder alone.
"""

import shutil
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files.places import refuse_existing
from bert_mrc_theseus.model_files.hub_tokenizer import write_hub_tokenizer
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.model_files.model_card import CARD, model_card
from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.text.schema import schema_to_json

MODELING = Path(__file__).with_name("modeling_bert_mrc.py")

LOADING = """from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModel.from_pretrained("FOLDER", trust_remote_code=True)
inputs = tokenizer([QUERY], [TEXT], return_tensors="pt")  # queries: queries.json
logits = model(**inputs).start_logits, model(**inputs).end_logits"""

ENCODER_LOADING = """from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
encoder = AutoModel.from_pretrained("FOLDER")  # without heads, and without what it has for words"""


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
    plain = config.words is not None
    heads = (
        {}
        if plain
        else {name: saved.tensors[name] for name in saved.tensors if name.startswith(("heads.span.", "heads.fusion."))}
    )

    def complete(new: Path) -> None:
        write_hub_tokenizer(new, spec.vocab, config.encoder.max_positions)
        (new / "queries.json").write_text(schema_to_json(spec.schema), encoding="utf-8")
        card = model_card(config, spec.schema, spec.record, "transformers", ENCODER_LOADING if plain else LOADING)
        (new / CARD).write_text(card, encoding="utf-8")
        if not plain:
            shutil.copyfile(MODELING, new / MODELING.name)

    try:
        write_huggingface(saved.encoder_weights(str(model)), out, heads, {} if plain else _settings(config), complete)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error}") from error
    return ["heads", "pieces", "lexicon", "top layer"] if plain else ["match head"] * (config.match is not None)


def _settings(config: ModelConfig) -> dict[str, Any]:
    """What `modeling_bert_mrc` reads in config.json."""
    return {
        "architectures": ["BertForMRC"],
        "auto_map": {"AutoModel": f"{MODELING.stem}.BertForMRC"},
        "mrc_shared_layers": config.shared.layers,
        "mrc_context_position": config.shared.position,
    }
