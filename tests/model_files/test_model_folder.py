"""A model folder: what comes back, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.model_files.checksums import CHECKSUMS
from bert_mrc_theseus.model_files.model_folder import FILES, WEIGHTS, load_model, load_spec, save_model, save_thresholds
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.word_lists import PLACE, WordList
from tests.helpers.models import batch_of
from tests.helpers.saved_models import make_saved, word_model


@pytest.fixture
def saved() -> SavedModel:
    return make_saved()


@pytest.fixture
def folder(saved, tmp_path):
    save_model(tmp_path / "model", saved)
    return tmp_path / "model"


@pytest.fixture
def unchecked(folder):
    """As older programs wrote it: without checksums."""
    (folder / CHECKSUMS).unlink()
    return folder


def test_a_model_comes_back_as_it_was(saved, folder):
    again = load_model(folder)
    assert again.spec == saved.spec
    assert set(again.tensors) == set(saved.tensors)
    for name, tensor in saved.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], tensor)
    batch = batch_of([9, 14])
    np.testing.assert_array_equal(
        keras_engine(keras_model(again)).run(batch), keras_engine(keras_model(saved)).run(batch)
    )


@pytest.mark.parametrize("name", [*FILES, WEIGHTS])
def test_an_incomplete_folder_names_what_is_missing(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"not a complete model folder: {name} missing"):
        load_model(folder)


def test_thresholds_change_alone(saved, folder):
    changing = ("config.json", CHECKSUMS)
    others = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in changing}
    save_thresholds(folder, Thresholds(0.1, 0.2))
    again = load_model(folder)
    assert again.spec == replace(saved.spec, thresholds=Thresholds(0.1, 0.2))
    assert others == {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in changing}
    with pytest.raises(ModelError, match="not a complete model folder"):
        save_thresholds(folder.parent / "none", Thresholds())


def test_a_spec_needs_no_weights(saved, folder):
    (folder / WEIGHTS).unlink()
    assert load_spec(folder) == saved.spec


def test_no_folder_at_all(tmp_path):
    with pytest.raises(ModelError, match="there is no such folder"):
        load_model(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "format version 99; this program reads versions 2 and 3"),
        ({"format": "other"}, "is it an encoder"),
        ({"encoder": {}}, "cannot be read as a model"),
        ({"thresholds": {"start": 2.0, "end": 0.5}}, "cannot be read as a model"),
    ],
)
def test_a_config_that_does_not_fit(unchecked, change, message):
    path = unchecked / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=message):
        load_model(unchecked)


def test_vocabulary_and_weights_of_two_models(unchecked):
    with open(unchecked / "vocab.txt", "a", encoding="utf-8") as stream:
        stream.write("多\n余\n")
    with pytest.raises(ModelError, match="not of the same model"):
        load_model(unchecked)


def test_weights_without_heads(unchecked):
    path = unchecked / "model.safetensors"
    save_file({name: t for name, t in load_file(path).items() if not name.startswith("heads.")}, path)
    with pytest.raises(ModelError, match=r"heads\.span\.weight' is missing"):
        keras_model(load_model(unchecked), str(unchecked))


def test_a_full_disk_leaves_the_model_before(saved, folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    before = (folder / "model.safetensors").read_bytes()
    monkeypatch.setattr("bert_mrc_theseus.model_files.model_folder.save_file", full)
    with pytest.raises(UserError, match=r"No space left on device.*Nothing was overwritten"):
        save_model(folder, saved)
    assert (folder / "model.safetensors").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_words_of_a_user_are_read_as_if_all_sources_had_them():
    spec = word_model().spec
    text = Document("1", "他在上海")
    known, taught = spec.examples([text]), spec.with_words(WordList("mine", "", {"在上": 1 << PLACE})).examples([text])
    plain, added = (np.array(examples.contexts[0].lexicon) for examples in (known, taught))
    begin, end = 1 << 4 * PLACE, 1 << 4 * PLACE + 2
    assert (plain & (begin | end) == [[0, 0], [0, 0], [0, begin], [0, end]]).all()
    assert (added == plain | [[0, 0], [begin, begin], [end, end], [0, 0]]).all()


def test_words_cannot_be_added_to_a_model_without_lexicon(saved):
    with pytest.raises(UserError, match="reads no lexicon"):
        saved.spec.with_words(WordList("mine", "", {"北京": 1}))
