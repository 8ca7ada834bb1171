"""Shared lower layers: text and query do not see each other there, so each text can be read once."""

import keras
import numpy as np
import pytest

from bert_mrc_theseus.model.mrc_model import export_tensors, load_tensors, predecessor_from, valid_mask
from bert_mrc_theseus.mrc.examples import Sharing
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.models import batch_of, make_weights, some_pairs


def test_a_contexts_lower_states_do_not_depend_on_the_query_and_a_querys_not_on_the_context():
    model = predecessor_from(make_weights(layers=3), Sharing(2, 20))
    one, other = batch_of([9, 30, 14], 4), batch_of([12, 25], 7)
    context = one["token_ids"][0, 4:9]
    other["token_ids"][0, 7:12] = context
    found = [np.array(state) for state in model.hidden_states(one)]
    again = [np.array(state) for state in model.hidden_states(other)]
    for layer in (0, 1, 2):
        np.testing.assert_allclose(found[layer][0, 4:9], again[layer][0, 7:12], atol=1e-5)
    assert np.abs(found[3][0, 4:9] - again[3][0, 7:12]).max() > 1e-3
    same_query = batch_of([30], 4)
    same_query["token_ids"][0, :4] = one["token_ids"][0, :4]
    query = [np.array(state) for state in model.hidden_states(same_query)]
    for layer in (0, 1, 2):
        np.testing.assert_allclose(query[layer][0, :4], found[layer][0, :4], atol=1e-5)


@pytest.mark.parametrize("shared", [0, 1, 3])
def test_reading_each_text_once_gives_the_same(shared):
    model = predecessor_from(make_weights(layers=4, dropout=0.0), Sharing(shared, 16), prior=0.3)
    examples, pairs = some_pairs()
    plain, by_text = examples.batch(pairs), examples.batch_by_text(pairs)
    assert len(by_text["distinct_contexts"]) == 4 and len(by_text["distinct_queries"]) == 2
    valid = np.array(valid_mask(plain))[..., None]
    for expected, found in zip(model.hidden_states(plain), model.hidden_states(by_text), strict=True):
        np.testing.assert_allclose(np.array(found) * valid, np.array(expected) * valid, atol=1e-5)

    before, after = export_tensors(model.named_weights()), []
    for batch, apart in ((plain, False), (by_text, True)):
        load_tensors(model.named_weights(), before)
        # Plain descent: Adam's first step would be the gradient's sign alone.
        step = make_train_step(model, keras.optimizers.SGD(10.0), "bce", by_text=apart)
        step({**batch, "weights": np.ones(len(pairs), "float32"), "seed": np.int32(1)}, examples.labels(pairs))
        after.append(export_tensors(model.named_weights()))
    assert any(np.abs(after[0][name] - before[name]).max() > 1e-2 for name in before)
    for name, tensor in after[0].items():
        np.testing.assert_allclose(after[1][name], tensor, atol=1e-4, err_msg=name)
