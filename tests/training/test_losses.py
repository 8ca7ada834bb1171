"""Losses against the formulas of their papers, masks, and extreme logits."""

import numpy as np
import pytest
from keras import ops

from bert_mrc_theseus.training.losses import LOSSES, binary_cross_entropy, dice, focal, match_loss

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(0, 3, (3, 5, 2)).astype("float32")
LABELS = (RANDOM.random((3, 5, 2)) < 0.3).astype("float32")
MASK = (RANDOM.random((3, 5)) < 0.7).astype("float32")


def reference(per_token):
    p = 1 / (1 + np.exp(-LOGITS.astype("float64")))
    return (per_token(p, LABELS) * MASK[..., None]).sum() / (2 * MASK.sum())


def p_true(p, y):
    return np.where(y == 1, p, 1 - p)


@pytest.mark.parametrize(
    "loss, formula",
    [
        (binary_cross_entropy, lambda p, y: -np.log(p_true(p, y))),
        (focal, lambda p, y: -((1 - p_true(p, y)) ** 2) * np.log(p_true(p, y))),
    ],
)
def test_equals_the_formula_of_its_paper(loss, formula):
    assert float(loss(LOGITS, LABELS, MASK)) == pytest.approx(reference(formula), rel=1e-5)


def test_dice_equals_its_formula_over_the_set_of_masked_in_tokens():
    p = 1 / (1 + np.exp(-LOGITS.astype("float64")))
    p, y = ((1 - p) ** 0.01 * p)[MASK == 1], LABELS[MASK == 1]
    heads = 1 - (2 * (p * y).sum(0) + 1e-4) / (p.sum(0) + y.sum(0) + 1e-4)
    assert float(dice(LOGITS, LABELS, MASK)) == pytest.approx(heads.mean(), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_rare_labels_are_learnt(name):
    """Logistic regression on a noisy feature, from the prior, with two starts and ends among 1,000 tokens."""
    import keras
    import tensorflow as tf

    labels = np.zeros((1, 1000, 2), "float32")
    labels[0, [3, 700]] = 1.0
    feature = labels + np.random.default_rng(0).normal(0, 0.3, labels.shape).astype("float32")
    weight, bias = tf.Variable(tf.zeros(2)), tf.Variable(tf.fill([2], -6.0))
    optimizer = keras.optimizers.Adam(0.05)
    for _ in range(200):
        with tf.GradientTape() as tape:
            value = LOSSES[name](feature * weight + bias, labels, ops.ones((1, 1000)))
        optimizer.apply_gradients(zip(tape.gradient(value, [weight, bias]), [weight, bias], strict=True))
    logits = (feature * weight + bias).numpy()
    assert logits[labels == 1].mean() > -4.0 and (logits[labels == 0] < 0.0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_masked_tokens_do_not_count(name):
    changed = np.where(MASK[..., None] == 1, LOGITS, 50.0).astype("float32")
    assert float(LOSSES[name](changed, LABELS, MASK)) == pytest.approx(float(LOSSES[name](LOGITS, LABELS, MASK)))


@pytest.mark.parametrize("name", LOSSES)
def test_stays_finite_with_finite_gradients_at_extreme_logits(name):
    import tensorflow as tf

    logits = tf.Variable(np.array([[[200.0, -200.0], [-200.0, 200.0], [0.0, 0.0]]], "float32"))
    labels = np.array([[[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]], "float32")
    with tf.GradientTape() as tape:
        value = LOSSES[name](logits, labels, ops.ones((1, 3)))
    assert np.isfinite(float(value)) and np.isfinite(tape.gradient(value, logits).numpy()).all()


@pytest.mark.parametrize("name", LOSSES)
def test_no_context_tokens_give_zero(name):
    assert float(LOSSES[name](LOGITS, LABELS, np.zeros_like(MASK))) == 0.0


def sigmoid(x):
    return 1 / (1 + np.exp(-np.maximum(np.asarray(x, "float64"), -500.0)))


def test_the_loss_is_over_true_pairs_and_likely_ones():
    scores = RANDOM.normal(0, 2, (1, 4, 4)).astype("float32")
    scores[0, np.tril_indices(4, -1)[0], np.tril_indices(4, -1)[1]] = -1e9
    labels, ends = np.zeros((1, 4, 4), "float32"), np.zeros((1, 4, 2), "float32")
    labels[0, 1, 2] = ends[0, 1, 0] = ends[0, 2, 1] = 1.0
    logits = np.full((1, 4, 2), -9.0, "float32")
    logits[0, 0, 0] = logits[0, 3, 1] = 5.0
    # Starts 0 (likely) and 1 (true), ends 2 (true) and 3 (likely).
    pairs = [(0, 2), (0, 3), (1, 2), (1, 3)]
    p = sigmoid(scores[0])
    expected = -np.mean([np.log(p[i, j] if labels[0, i, j] else 1 - p[i, j]) for i, j in pairs])
    mask = np.ones((1, 4), "float32")
    assert float(match_loss(scores, labels, logits, ends, mask)) == pytest.approx(expected, rel=1e-4)
    mask[0, 3] = 0.0
    expected = -np.mean([np.log(p[i, j] if labels[0, i, j] else 1 - p[i, j]) for i, j in ((0, 2), (1, 2))])
    assert float(match_loss(scores, labels, logits, ends, mask)) == pytest.approx(expected, rel=1e-4)
    assert float(match_loss(scores, labels, logits, ends, np.zeros((1, 4), "float32"))) == 0.0
