"""`export --to hf`: what transformers loads gives the logits that the model gives."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from bert_mrc_theseus.integrations.transformers_folder import export_transformers
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.model_files.encoders import load_encoder
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.mrc.collate import collate, collate_texts
from bert_mrc_theseus.text.documents import Document
from tests.helpers.saved_models import match_model, spread_model, with_config, word_model

TRANSFORMERS = """
import json, sys
import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

folder, pairs, out = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
inputs = tokenizer(*json.loads(pairs), padding=True, return_tensors="pt")
with torch.no_grad():
    output = model(**inputs)
np.save(out, torch.stack([output.start_logits, output.end_logits], dim=-1).numpy())
print(type(model).__name__, type(AutoModel.from_pretrained(folder)).__name__)
"""

TEXTS = ["不了的李明和的一在北京。", "这是上海 Ａ银行", "人"]


def exported(saved, folder):
    save_model(folder / "model", saved)
    return export_transformers(folder / "model", folder / "hf")


def logits_of(saved):
    """Start and end logits of each (text, type), on the characters of the text: (L, 2)."""
    examples = saved.spec.examples([Document(str(i), text) for i, text in enumerate(TEXTS)])
    pairs = examples.all_pairs()
    batch = (collate_texts if examples.apart else collate)(examples, pairs)
    logits = np.asarray(keras_model(saved).forward(batch).logits)
    found = {}
    for row, (window, kind) in enumerate(pairs):
        first = 1 if examples.apart else len(examples.queries[kind].ids)
        found[int(window), int(kind)] = logits[row, first : first + len(TEXTS[window])]
    return found


def found_by_transformers(folder, queries, texts):
    """Kinds of model, and logits of queries and texts, (B, L, 2): in a process of its own, since PyTorch and TensorFlow do not
    always bear each other."""
    for library in ("torch", "transformers"):
        if find_spec(library) is None:
            pytest.skip("the extra bench is not installed")
    environment = os.environ | {"HF_MODULES_CACHE": str(folder / "modules"), "HF_HUB_OFFLINE": "1"}
    command = [
        sys.executable,
        "-c",
        TRANSFORMERS,
        str(folder / "hf"),
        json.dumps([queries, texts]),
        str(folder / "logits.npy"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), np.load(folder / "logits.npy")


@pytest.mark.parametrize("shared", [0, 2, 3])
def test_logits_equal_ours(tmp_path, shared):
    saved = match_model(shared)
    assert exported(saved, tmp_path) == ["match head"]
    expected = logits_of(saved)
    queries = [item.query for item in saved.spec.schema.types]
    kinds, found = found_by_transformers(
        tmp_path, [queries[kind] for _, kind in expected], [TEXTS[window] for window, _ in expected]
    )
    # Who does not trust the folder's code gets the plain encoder.
    assert kinds == ["BertForMRC", "BertModel"]
    for row, (window, kind) in enumerate(expected):
        ours, first = expected[window, kind], len(queries[kind]) + 2
        assert np.abs(ours).max() > 0.1
        np.testing.assert_allclose(found[row, first : first + len(TEXTS[window])], ours, atol=1e-4)


def test_the_folder_can_be_read_as_an_encoder_again(tmp_path):
    assert exported(spread_model(), tmp_path) == []
    encoder, saved = load_encoder(tmp_path / "hf"), load_model(tmp_path / "model")
    assert encoder.config == saved.spec.config.encoder and encoder.vocab == saved.spec.vocab
    for name, tensor in encoder.tensors.items():
        np.testing.assert_array_equal(tensor, saved.tensors[name])
    card = (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")
    assert "trust_remote_code=True" in card and 'library_name: "transformers"' in card


def test_of_a_model_with_words_it_is_the_encoder(tmp_path):
    assert exported(word_model(), tmp_path) == ["heads", "pieces", "lexicon", "top layer"]
    config = json.loads((tmp_path / "hf" / "config.json").read_text(encoding="utf-8"))
    assert "auto_map" not in config and not (tmp_path / "hf" / "modeling_bert_mrc.py").exists()
    assert load_encoder(tmp_path / "hf").config.num_layers == 3


def test_the_config_says_how_query_and_text_are_read(tmp_path):
    exported(with_config(spread_model(), shared=SharedContext(1, 20)), tmp_path)
    config = json.loads((tmp_path / "hf" / "config.json").read_text(encoding="utf-8"))
    assert (config["mrc_shared_layers"], config["mrc_context_position"]) == (1, 20)
