import numpy as np
import pytest

from bert_mrc_theseus.encoder import dropout
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.keras_engine import keras_engine
from bert_mrc_theseus.model import export_tensors, layout, load_tensors, predecessor_from
from tests.conftest import make_weights

RANDOM = np.random.default_rng(3)


def batch_of(lengths, query_length=4, padded_to=None):
    size = padded_to or max(lengths)
    ids = np.zeros((len(lengths), size), "int32")
    for row, length in enumerate(lengths):
        ids[row, :length] = np.random.default_rng(row).integers(4, 60, length)
    return {
        "token_ids": ids,
        "query_lengths": np.full(len(lengths), query_length, "int32"),
        "lengths": np.array(lengths, "int32"),
    }


def test_layout_of_a_padded_batch():
    spot = layout(batch_of([7, 5]))
    assert np.array(spot.token_types).tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 0, 0]]
    # The last valid token is the closing [SEP]: neither query, [SEP] nor padding is context.
    assert np.array(spot.context_mask).tolist() == [[0, 0, 0, 0, 1, 1, 0], [0] * 7]
    assert np.array(spot.positions).tolist() == [[0, 1, 2, 3, 4, 5, 6]] * 2
    assert (np.array(spot.attention_bias)[1, 0, 0] < -1e8).tolist() == [False] * 5 + [True] * 2


def test_a_text_does_not_depend_on_its_batch_mates_or_padding(weights):
    engine = keras_engine(predecessor_from(weights))
    together = engine(batch_of([9, 30, 14]))
    alone = engine(batch_of([9]))
    padded = engine(batch_of([9], padded_to=40))
    np.testing.assert_allclose(together[0, :9], alone[0], atol=1e-5)
    np.testing.assert_allclose(padded[0, :9], alone[0], atol=1e-5)


def test_weights_come_back_as_they_went_in(weights):
    model = predecessor_from(weights)
    tensors = export_tensors(model.named_weights())
    for name, tensor in weights.tensors.items():
        np.testing.assert_array_equal(tensors[name], tensor)
    other = predecessor_from(make_weights(seed=9))
    load_tensors(other.named_weights(), tensors)
    batch = batch_of([12, 9])
    np.testing.assert_array_equal(keras_engine(model)(batch), keras_engine(other)(batch))


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
    np.testing.assert_allclose(keras_engine(model)(batch_of([8])), 0.03, rtol=1e-4)


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
