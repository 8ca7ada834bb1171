"""`export --to hf`: what transformers loads gives the logits that the model gives."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from bert_mrc_theseus.integrations.transformers_folder import export_transformers, word_inputs
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

folder, given, out = sys.argv[1:]
model = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
if given.endswith(".npz"):
    inputs = {name: torch.from_numpy(value) for name, value in np.load(given).items()}
    try:
        model(**{name: value for name, value in inputs.items() if name != "token_places"})
    except ValueError as error:
        print(error, file=sys.stderr)
else:
    inputs = AutoTokenizer.from_pretrained(folder)(*json.loads(given), padding=True, return_tensors="pt")
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


def found_by_transformers(folder, given):
    """Kinds of model, logits (B, L, 2) of [queries, texts] as JSON, or of the arrays of an .npz file, and what was said: in a
    process of its own, since PyTorch and TensorFlow do not always bear each other."""
    for library in ("torch", "transformers"):
        if find_spec(library) is None:
            pytest.skip("the extra bench is not installed")
    environment = os.environ | {"HF_MODULES_CACHE": str(folder / "modules"), "HF_HUB_OFFLINE": "1"}
    command = [
        sys.executable,
        "-c",
        TRANSFORMERS,
        str(folder / "hf"),
        given,
        str(folder / "logits.npy"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), np.load(folder / "logits.npy"), done.stderr


@pytest.mark.parametrize("shared", [0, 2, 3])
def test_logits_equal_ours(tmp_path, shared):
    saved = match_model(shared)
    assert exported(saved, tmp_path) == ["match head"]
    expected = logits_of(saved)
    queries = [item.query for item in saved.spec.schema.types]
    asked = [[queries[kind] for _, kind in expected], [TEXTS[window] for window, _ in expected]]
    kinds, found, _ = found_by_transformers(tmp_path, json.dumps(asked))
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


@pytest.mark.parametrize("parts", [{}, {"pieces": False, "layers": 2}, {"lexicon": False}])
def test_logits_of_a_model_with_words_equal_ours(tmp_path, parts):
    saved = word_model(**parts)
    exported(saved, tmp_path)
    expected, inputs = logits_of(saved), word_inputs(tmp_path / "model", TEXTS)
    assert (inputs["token_pieces"] >= 0).any() == parts.get("pieces", True)
    assert inputs["token_lexicon"].any() == parts.get("lexicon", True)
    np.savez(tmp_path / "inputs.npz", **inputs)
    kinds, found, said = found_by_transformers(tmp_path, str(tmp_path / "inputs.npz"))
    assert kinds == ["BertForMRC", "BertModel"] and len(found) == len(expected)
    assert "this model reads words: give it token_pieces, token_places" in said
    for row, ours in enumerate(expected.values()):
        first = int(np.argmax(inputs["token_type_ids"][row]))
        assert np.abs(ours).max() > 0.1
        np.testing.assert_allclose(found[row, first : first + len(ours)], ours, atol=1e-4)


def test_word_inputs_are_those_of_each_window_with_each_type(tmp_path):
    saved = word_model()
    save_model(tmp_path / "model", saved)
    text = "李明在北京。" * 12
    inputs, examples = word_inputs(tmp_path / "model", [text]), saved.spec.examples([Document("", text)])
    assert len(examples.contexts) == 2 and {values.dtype for values in inputs.values()} == {np.dtype("int64")}
    for row, (window, kind) in enumerate(examples.all_pairs()):
        context, query = examples.contexts[window], examples.queries[kind]
        places = slice(len(query.ids), len(query.ids) + len(context.ids))
        np.testing.assert_array_equal(inputs["input_ids"][row, places], context.ids)
        np.testing.assert_array_equal(inputs["token_lexicon"][row, places], context.lexicon)
        # The [SEP] behind the text is of the text's side.
        assert inputs["token_type_ids"][row].sum() == len(context.ids) + 1


def test_what_the_folder_lacks_is_named(tmp_path):
    assert exported(word_model(pieces=False), tmp_path) == ["match head", "lexicon"]
    save_model(tmp_path / "without", word_model(lexicon=False))
    assert export_transformers(tmp_path / "without", tmp_path / "third") == ["match head", "list of pieces"]


def test_a_folder_with_words_is_an_encoder_too(tmp_path):
    exported(word_model(), tmp_path)
    assert load_encoder(tmp_path / "hf").config.num_layers == 3
    card = (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")
    assert "word_inputs" in card and (tmp_path / "hf" / "modeling_bert_mrc.py").exists()


def test_the_config_says_how_query_and_text_are_read(tmp_path):
    exported(with_config(spread_model(), shared=SharedContext(1, 20)), tmp_path)
    config = json.loads((tmp_path / "hf" / "config.json").read_text(encoding="utf-8"))
    assert (config["mrc_shared_layers"], config["mrc_context_position"]) == (1, 20)
