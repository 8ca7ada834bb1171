import keras
import numpy as np
import pytest

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.encoder import dropout
from bert_mrc_theseus.model.mrc_model import (
    context_mask,
    export_tensors,
    layout,
    load_tensors,
    predecessor_from,
    valid_mask,
)
from bert_mrc_theseus.mrc.examples import Sharing
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.models import batch_of, make_weights, some_pairs


def test_layout_of_a_padded_batch():
    batch = batch_of([7, 5])
    spot = layout(batch, 20)
    assert np.array(spot.token_types).tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 0, 0]]
    # The last valid token is the closing [SEP]: neither query, [SEP] nor padding is context.
    assert np.array(context_mask(batch)).tolist() == [[0, 0, 0, 0, 1, 1, 0], [0] * 7]
    assert np.array(spot.positions).tolist() == [[0, 1, 2, 3, 20, 21, 22], [0, 1, 2, 3, 20, 0, 0]]
    assert (np.array(spot.full_bias)[1, 0, 0] < -1e8).tolist() == [False] * 5 + [True] * 2
    seen = np.array(spot.shared_bias)[:, 0] == 0.0
    assert seen[0].tolist() == [[True] * 4 + [False] * 3] * 4 + [[False] * 4 + [True] * 3] * 3
    assert seen[1, 4].tolist() == [False] * 4 + [True] + [False] * 2


def test_a_text_does_not_depend_on_its_batch_mates_or_padding(weights):
    engine = keras_engine(predecessor_from(weights)).run
    together = engine(batch_of([9, 30, 14]))
    alone = engine(batch_of([9]))
    padded = engine(batch_of([9], padded_to=40))
    np.testing.assert_allclose(together[0, :9], alone[0], atol=1e-5)
    np.testing.assert_allclose(padded[0, :9], alone[0], atol=1e-5)


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


def test_positions_of_a_long_query_do_not_push_padding_out_of_the_table():
    model = predecessor_from(make_weights(), Sharing(0, 120))
    batch = batch_of([8, 100], 4)
    batch["query_lengths"][:] = (3, 97)
    assert np.isfinite(np.array(model(batch))).all()


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


def test_weights_come_back_as_they_went_in(weights):
    model = predecessor_from(weights)
    tensors = export_tensors(model.named_weights())
    for name, tensor in weights.tensors.items():
        np.testing.assert_array_equal(tensors[name], tensor)
    other = predecessor_from(make_weights(seed=9))
    load_tensors(other.named_weights(), tensors)
    batch = batch_of([12, 9])
    np.testing.assert_array_equal(keras_engine(model).run(batch), keras_engine(other).run(batch))


def test_loading_another_shape_assigns_nothing(weights):
    model = predecessor_from(weights)
    before = export_tensors(model.named_weights())
    wrong = {name: tensor + 1 for name, tensor in before.items()}
    wrong["heads.span.bias"] = np.zeros(3, "float32")
    with pytest.raises(ModelError, match=r"heads\.span\.bias.*\(3,\)"):
        load_tensors(model.named_weights(), wrong)
    del wrong["heads.span.bias"]
    with pytest.raises(ModelError, match="missing"):
        load_tensors(model.named_weights(), wrong)
    for name, tensor in export_tensors(model.named_weights()).items():
        np.testing.assert_array_equal(tensor, before[name])


def test_heads_start_at_the_prior(weights):
    tensors = {name: np.zeros_like(t) for name, t in weights.tensors.items()}
    silent = type(weights)(weights.config, weights.vocab, tensors)
    model = predecessor_from(silent, prior=0.03)
    np.testing.assert_allclose(keras_engine(model).run(batch_of([8])), 0.03, rtol=1e-4)


def test_dropout_is_a_function_of_seed_and_site():
    x = np.ones((200, 100), "float32")
    a = np.array(dropout(x, 0.25, np.int32(5), site=1))
    np.testing.assert_array_equal(a, np.array(dropout(x, 0.25, np.int32(5), site=1)))
    assert (a != np.array(dropout(x, 0.25, np.int32(6), site=1))).any()
    assert (a != np.array(dropout(x, 0.25, np.int32(5), site=2))).any()
    assert (a == 0).mean() == pytest.approx(0.25, abs=0.02) and a.mean() == pytest.approx(1.0, abs=0.02)
    np.testing.assert_array_equal(np.array(dropout(x, 0.25, None, site=1)), x)


def test_training_mode_uses_dropout_and_inference_does_not(weights):
    model = predecessor_from(weights)
    batch = batch_of([20])
    assert np.abs(np.array(model({**batch, "seed": np.int32(1)}, training=True)) - np.array(model(batch))).max() > 1e-4
