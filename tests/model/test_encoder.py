"""The encoder's own operations against formulas in NumPy; the whole encoder is compared with BERT in test_huggingface."""

import math

import numpy as np
import pytest
import tensorflow as tf

from bert_mrc_theseus.model.encoder import gelu


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
