"""A model's tensors, out and in again."""

import numpy as np
import pytest

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model.variables import load_tensors, tensors_of
from tests.helpers.models import batch_of, make_weights


def test_weights_come_back_as_they_went_in(weights):
    model = predecessor_from(weights)
    tensors = tensors_of(model.named_weights())
    for name, tensor in weights.tensors.items():
        np.testing.assert_array_equal(tensors[name], tensor)
    other = predecessor_from(make_weights(seed=9))
    load_tensors(other.named_weights(), tensors)
    batch = batch_of([12, 9])
    np.testing.assert_array_equal(keras_engine(model).run(batch), keras_engine(other).run(batch))


def test_loading_another_shape_assigns_nothing(weights):
    model = predecessor_from(weights)
    before = tensors_of(model.named_weights())
    wrong = {name: tensor + 1 for name, tensor in before.items()}
    wrong["heads.span.bias"] = np.zeros(3, "float32")
    with pytest.raises(ModelError, match=r"heads\.span\.bias.*\(3,\)"):
        load_tensors(model.named_weights(), wrong)
    del wrong["heads.span.bias"]
    with pytest.raises(ModelError, match="missing"):
        load_tensors(model.named_weights(), wrong)
    for name, tensor in tensors_of(model.named_weights()).items():
        np.testing.assert_array_equal(tensor, before[name])
