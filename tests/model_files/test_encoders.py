"""Encoders of every kind: written by `export_encoder`, read by `load_encoder`."""

import numpy as np
import pytest

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.encoders import export_encoder, load_encoder
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from tests.helpers.saved_models import make_saved


@pytest.fixture
def folder(tmp_path):
    save_model(tmp_path / "model", make_saved())
    return tmp_path / "model"


def test_an_exported_encoder_can_be_read_again(folder, tmp_path):
    saved = load_model(folder)
    export_encoder(folder, tmp_path / "out")
    again = load_encoder(tmp_path / "out")
    assert again.config == saved.spec.config.encoder and again.vocab == saved.spec.vocab
    assert not any(name.startswith("heads") for name in again.tensors)
    for name, tensor in again.tensors.items():
        np.testing.assert_array_equal(tensor, saved.tensors[name])
    with pytest.raises(UserError, match="exists already"):
        export_encoder(folder, tmp_path / "out")


def test_an_unknown_encoder_is_reported(tmp_path):
    with pytest.raises(ModelError, match="no encoder"):
        load_encoder(str(tmp_path / "nowhere"))
