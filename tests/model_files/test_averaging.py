"""The mean of several trainings of one model."""

from dataclasses import replace

import numpy as np
import pytest

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.averaging import average_models
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.saved_models import make_saved, save_three_trainings


@pytest.fixture
def folders(tmp_path):
    return save_three_trainings(tmp_path)


def test_every_tensor_is_the_mean(folders):
    mean = average_models(folders)
    models = [load_model(each) for each in folders]
    for name, tensor in mean.tensors.items():
        expected = np.mean([np.float64(model.tensors[name]) for model in models], axis=0)
        np.testing.assert_allclose(tensor, expected, rtol=1e-6, atol=1e-7)
        assert tensor.dtype == np.float32
    assert mean.spec == replace(models[0].spec, thresholds=Thresholds(), record=mean.spec.record)
    assert [part["record"]["config"]["seed"] for part in mean.spec.record.more["mean_of"]] == [0, 1, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": Schema((EntityType("PER", "人名"), EntityType("LOC", "地点")))},
        {"config": replace(make_saved().spec.config, shared=SharedContext(0, 16))},
    ],
)
def test_models_that_differ_are_refused(change, folders, tmp_path):
    saved = make_saved()
    save_model(tmp_path / "other", replace(saved, spec=replace(saved.spec, **change)))
    with pytest.raises(ModelError, match="cannot be averaged"):
        average_models([folders[0], tmp_path / "other"])
