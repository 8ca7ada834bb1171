"""The MRC model as a whole: batch mates, padding and dropout."""

import numpy as np

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.model.build import predecessor_from
from tests.helpers.models import batch_of, draws


def test_a_text_does_not_depend_on_its_batch_mates_or_padding(weights):
    engine = keras_engine(predecessor_from(weights)).run
    together = engine(batch_of([9, 30, 14]))
    alone = engine(batch_of([9]))
    padded = engine(batch_of([9], padded_to=40))
    np.testing.assert_allclose(together[0, :9], alone[0], atol=1e-5)
    np.testing.assert_allclose(padded[0, :9], alone[0], atol=1e-5)


def test_training_mode_uses_dropout_and_inference_does_not(weights):
    model = predecessor_from(weights, dropout_rate=0.1)
    batch = batch_of([20])
    assert np.abs(np.array(model.forward(batch, draws(1)).logits) - np.array(model(batch))).max() > 1e-4
