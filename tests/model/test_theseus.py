"""The model of stage 1: predecessor and successor in one, and the draw that chooses."""

import keras
import numpy as np
import pytest

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.build import keras_model, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model.token_layout import state_mask, token_layout
from bert_mrc_theseus.model.variables import tensors_of
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.mrc.batch_types import SHARED_BATCH, Draws, Targets
from bert_mrc_theseus.mrc.collate import collate, collate_shared, span_labels
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.models import batch_of, draws, make_weights, some_pairs
from tests.helpers.saved_models import match_model

LAYERS, MODULES = 4, 2


@pytest.fixture
def predecessor():
    return predecessor_from(make_weights(layers=LAYERS), prior=0.3)


def logits(model, replaced):
    return np.array(model.forward(batch_of([9, 14]), Draws(None, np.array(replaced))).logits)


def test_nothing_replaced_is_the_predecessor(predecessor):
    expected = np.array(predecessor(batch_of([9, 14])))
    np.testing.assert_allclose(logits(TheseusModel(predecessor, MODULES), [False, False]), expected, atol=1e-6)


def test_everything_replaced_is_the_successor(predecessor):
    theseus = TheseusModel(predecessor, MODULES)
    successor = theseus.extract_successor()
    np.testing.assert_allclose(logits(theseus, [True, True]), np.array(successor(batch_of([9, 14]))), atol=1e-6)
    assert len(successor.encoder_layers) == MODULES and len(successor.trainable_variables) == len(successor.variables)


def test_shared_modules_are_those_of_the_successor_only(predecessor):
    expected = np.array(predecessor(batch_of([9, 14])))
    theseus = TheseusModel(predecessor, MODULES, shared_layers=1)
    np.testing.assert_allclose(logits(theseus, [False, False]), expected, atol=1e-6)
    successor = theseus.extract_successor()
    assert successor.config.shared == SharedContext(1, predecessor.config.shared.position)
    found = np.array(successor(batch_of([9, 14])))
    np.testing.assert_allclose(logits(theseus, [True, True]), found, atol=1e-6)
    np.testing.assert_allclose(np.array(theseus.successor(batch_of([9, 14])).logits), found, atol=1e-6)
    unshared = TheseusModel(predecessor, MODULES)
    assert np.abs(logits(unshared, [True, True]) - found).max() > 1e-3


@pytest.mark.parametrize("shared", [-1, MODULES + 1])
def test_more_layers_than_there_are_cannot_be_shared(predecessor, shared):
    with pytest.raises(ModelError, match="0 to 2 can be shared"):
        TheseusModel(predecessor, MODULES, shared_layers=shared)


def test_all_layers_are_shared_by_both_or_by_neither(predecessor):
    with pytest.raises(ModelError, match="the predecessor shares 0 of 4 layers, the successor 2 of 2"):
        TheseusModel(predecessor, MODULES, shared_layers=MODULES)
    all_shared = predecessor_from(make_weights(layers=LAYERS), SharedContext(LAYERS, 16))
    with pytest.raises(ModelError, match="the predecessor shares 4 of 4 layers, the successor 1 of 2"):
        TheseusModel(all_shared, MODULES, shared_layers=1)


def test_a_mixed_draw_runs_the_chosen_layers(predecessor):
    theseus = TheseusModel(predecessor, MODULES, "spaced")
    batch = batch_of([9, 14])
    spot = token_layout(batch, 32)
    hidden = theseus.embeddings(batch.tokens, spot.token_types, spot.positions)
    hidden = theseus.successor_layers[0](hidden, spot.full_bias)
    for i in (2, 3):
        hidden = theseus.predecessor_layers[i](hidden, spot.full_bias)
    np.testing.assert_allclose(logits(theseus, [True, False]), np.array(theseus.heads(hidden)), atol=1e-6)


def test_rejects_an_unknown_initialisation(predecessor):
    with pytest.raises(ValueError, match="last"):
        TheseusModel(predecessor, MODULES, "last")


@pytest.mark.parametrize(
    "shared, layers_shared, apart", [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 2, 1), (0, 3, 0), (1, 3, 1)]
)
def test_reading_each_text_once_gives_the_same(shared, layers_shared, apart):
    predecessor = predecessor_from(make_weights(layers=LAYERS), SharedContext(layers_shared, 16), prior=0.3)
    theseus = TheseusModel(predecessor, MODULES, shared_layers=shared)
    assert theseus.apart == apart
    examples, pairs = some_pairs()
    plain, by_text = collate(examples, pairs), collate_shared(examples, pairs)
    valid = np.array(state_mask(plain))[..., None]
    for draw in ([False, False], [True, False], [False, True], [True, True]):
        one, other = (theseus.forward(b, Draws(None, np.array(draw))) for b in (plain, by_text))
        for a, b in zip([*one.states, one.logits], [*other.states, other.logits], strict=True):
            np.testing.assert_allclose(np.array(b) * valid, np.array(a) * valid, atol=1e-5)
    whole = np.array(predecessor(plain))
    np.testing.assert_allclose(
        np.array(theseus.forward(plain, Draws(None, np.array([False, False]))).logits), whole, atol=1e-6
    )


@pytest.mark.parametrize("shared, layers_shared", [(0, 0), (1, 1), (1, 2)])
def test_a_step_by_text_teaches_the_chosen_layer_alone(shared, layers_shared):
    predecessor = predecessor_from(make_weights(layers=LAYERS), SharedContext(layers_shared, 16), prior=0.3)
    theseus = TheseusModel(predecessor, MODULES, shared_layers=shared)
    examples, pairs = some_pairs()
    step = make_train_step(theseus, keras.optimizers.SGD(10.0), "bce", replacing=True, form=SHARED_BATCH)
    before = tensors_of(theseus.successor_weights())
    by_text = collate_shared(examples, pairs)
    step(by_text, Targets(span_labels(examples, pairs), np.ones(len(pairs), "float32")), draws(1, [True, False]))
    moved = {name.split(".")[2] for name, tensor in tensors_of(theseus.successor_weights()).items()
             if not np.array_equal(tensor, before[name])}  # fmt: skip
    assert moved == {"0"}


def test_a_layer_that_was_not_selected_gets_no_gradient(predecessor):
    import tensorflow as tf

    theseus = TheseusModel(predecessor, MODULES)
    batch = batch_of([9, 14])
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(theseus.forward(batch, Draws(np.int32(0), tf.constant([True, False]))).logits)
    gradients = tape.gradient(value, [layer.outer.kernel.value for layer in theseus.successor_layers])
    present = [g is not None and float(tf.reduce_max(tf.abs(g))) > 0 for g in gradients]
    assert present == [True, False]


def test_only_the_chosen_branch_is_computed(predecessor):
    """A module whose weights are NaN leaves no trace unless it is chosen."""
    import tensorflow as tf

    theseus = TheseusModel(predecessor, MODULES)
    for i in theseus.groups[0]:
        theseus.predecessor_layers[i].outer.kernel.assign(np.full((32, 16), np.nan, "float32"))
    ran = []
    layer = theseus.predecessor_layers[0]
    original = layer.call

    def counting(*args, **kwargs):
        result = original(*args, **kwargs)
        with tf.control_dependencies([tf.py_function(lambda: ran.append(1) or 0, [], tf.int32)]):
            return tf.identity(result)

    layer.call = counting
    forward = tf.function(lambda batch, replaced: theseus.forward(batch, Draws(None, replaced)).logits)
    batch = batch_of([9, 14])
    assert np.isfinite(np.array(forward(batch, tf.constant([True, False])))).all() and not ran
    assert np.isnan(np.array(forward(batch, tf.constant([False, False])))).any() and ran


def test_stage_1_leaves_the_match_head_as_it_is_and_hands_it_on():
    predecessor = keras_model(match_model())
    theseus = TheseusModel(predecessor, 2)
    assert not any(v is w for v in theseus.trainable_variables for w in predecessor.match_head.variables)
    successor = theseus.extract_successor()
    np.testing.assert_array_equal(np.array(successor.match_head.kernel), np.array(predecessor.match_head.kernel))
    assert successor.match_head.trainable_variables
