"""Shared lower layers: text and query do not see each other there, so each text can be read once."""

import keras
import numpy as np
import pytest

from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model.token_layout import state_mask
from bert_mrc_theseus.model.variables import load_tensors, tensors_of
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.mrc.batch_types import PAIR_BATCH, SHARED_BATCH, Targets
from bert_mrc_theseus.mrc.collate import collate, collate_shared, span_labels
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.models import batch_of, draws, make_weights, some_pairs


def states_of(model, batch):
    """Output of the embeddings and of each layer."""
    output = model.forward(batch)
    return [np.array(state) for state in (output.embedded, *output.states)]


def test_a_contexts_lower_states_do_not_depend_on_the_query_and_a_querys_not_on_the_context():
    model = predecessor_from(make_weights(layers=3), SharedContext(2, 20))
    one, other = batch_of([9, 30, 14], 4), batch_of([12, 25], 7)
    context = one.tokens.ids[0, 4:9]
    other.tokens.ids[0, 7:12] = context
    found = states_of(model, one)
    again = states_of(model, other)
    for layer in (0, 1, 2):
        np.testing.assert_allclose(found[layer][0, 4:9], again[layer][0, 7:12], atol=1e-5)
    assert np.abs(found[3][0, 4:9] - again[3][0, 7:12]).max() > 1e-3
    same_query = batch_of([30], 4)
    same_query.tokens.ids[0, :4] = one.tokens.ids[0, :4]
    query = states_of(model, same_query)
    for layer in (0, 1, 2):
        np.testing.assert_allclose(query[layer][0, :4], found[layer][0, :4], atol=1e-5)


@pytest.mark.parametrize("shared", [0, 1, 3])
def test_reading_each_text_once_gives_the_same(shared):
    model = predecessor_from(make_weights(layers=4), SharedContext(shared, 16), prior=0.3)
    examples, pairs = some_pairs()
    plain, by_text = collate(examples, pairs), collate_shared(examples, pairs)
    assert len(by_text.contexts.lengths) == 4 and len(by_text.queries.lengths) == 2
    valid = np.array(state_mask(plain))[..., None]
    for expected, found in zip(states_of(model, plain), states_of(model, by_text), strict=True):
        np.testing.assert_allclose(np.array(found) * valid, np.array(expected) * valid, atol=1e-5)

    before, after = tensors_of(model.named_weights()), []
    for batch, apart in ((plain, False), (by_text, True)):
        load_tensors(model.named_weights(), before)
        # Plain descent: Adam's first step would be the gradient's sign alone.
        step = make_train_step(model, keras.optimizers.SGD(10.0), "bce", form=SHARED_BATCH if apart else PAIR_BATCH)
        step(batch, Targets(span_labels(examples, pairs), np.ones(len(pairs), "float32")), draws(1))
        after.append(tensors_of(model.named_weights()))
    assert any(np.abs(after[0][name] - before[name]).max() > 1e-2 for name in before)
    for name, tensor in after[0].items():
        np.testing.assert_allclose(after[1][name], tensor, atol=1e-4, err_msg=name)
