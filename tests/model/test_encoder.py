"""The encoder's operations against formulas; the whole is compared with BERT in model_files/test_huggingface.py."""

import math

import numpy as np
import pytest
import tensorflow as tf

from bert_mrc_theseus.model.encoder import dropout, gelu


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("bfloat16", 1e-2)])
def test_gelu_and_its_gradient_are_those_of_the_formula(dtype, tolerance):
    values = np.linspace(-6, 6, 97)
    x = tf.constant(values, dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = gelu(x)
    slope = tape.gradient(y, x, output_gradients=tf.fill(x.shape, tf.constant(2.0, dtype)))
    rounded = tf.cast(x, "float64").numpy()
    cdf = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in rounded])
    density = np.exp(-0.5 * rounded**2) / math.sqrt(2 * math.pi)
    assert y.dtype == slope.dtype == x.dtype
    np.testing.assert_allclose(tf.cast(y, "float64"), rounded * cdf, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(tf.cast(slope, "float64"), 2 * (cdf + rounded * density), rtol=tolerance, atol=tolerance)


def test_dropout_is_a_function_of_seed_and_site():
    x = np.ones((200, 100), "float32")
    a = np.array(dropout(x, 0.25, np.int32(5), site=1))
    np.testing.assert_array_equal(a, np.array(dropout(x, 0.25, np.int32(5), site=1)))
    assert (a != np.array(dropout(x, 0.25, np.int32(6), site=1))).any()
    assert (a != np.array(dropout(x, 0.25, np.int32(5), site=2))).any()
    assert (a == 0).mean() == pytest.approx(0.25, abs=0.02) and a.mean() == pytest.approx(1.0, abs=0.02)
    np.testing.assert_array_equal(np.array(dropout(x, 0.25, None, site=1)), x)
