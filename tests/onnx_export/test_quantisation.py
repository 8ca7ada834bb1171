"""Int8: ranges, rows, and smoothing between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from bert_mrc_theseus.engines.onnx_runtime import open_session
from bert_mrc_theseus.onnx_export.nodes import FUSED, Graph, floats, model_proto
from bert_mrc_theseus.onnx_export.quantisation import BLOCK, quantisation, quantise_blocks, quantise_rows, smoothing


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_quantisation_covers_its_range(a, b):
    low, high = min(a, b), max(a, b)
    scale, zero = quantisation(low, high)
    for value in (low, 0.0, high):
        stored = np.clip(np.round(value / scale) + zero, 0, 255)
        assert abs((stored - zero) * scale - value) <= 1.01 * scale


@pytest.mark.parametrize("alpha", [0.5, 0.8])
def test_smoothing_changes_no_product_and_helps_where_a_channel_is_large(alpha):
    random = np.random.default_rng(2)
    x, kernel = random.standard_normal((50, 12)), random.standard_normal((5, 12)).astype(np.float32)
    x[:, 3] *= 100.0
    x[:, 4] = 0.0
    kernel[:, 5] = 0.0
    factors = smoothing(np.stack([x.min(axis=0), x.max(axis=0)]), kernel, alpha)
    np.testing.assert_allclose((x / factors) @ (kernel * factors).T, x @ kernel.T, rtol=1e-5)

    def error(inputs, weights):
        scale, zero = quantisation(inputs.min(), inputs.max())
        stored = (np.clip(np.round(inputs / scale) + zero, 0, 255) - zero) * scale
        values, scales = quantise_rows(weights)
        return np.abs(stored @ (values * scales[:, None]).T - x @ kernel.T).mean()

    assert error(x / factors, kernel * factors) < 0.5 * error(x, kernel)


def test_alpha_says_which_side_becomes_even():
    channels, kernel = np.array([[-8.0, -1.0, 0.0], [2.0, 4.0, 0.5]]), np.array([[1.0, -3.0, 0.1]], np.float32)
    inputs, weights = np.abs(channels).max(axis=0), np.abs(kernel).max(axis=0)
    for alpha in (0.0, 0.5, 1.0):
        factors = smoothing(channels, kernel, alpha)
        np.testing.assert_allclose(inputs / factors, (inputs * weights) ** (1 - alpha), rtol=1e-6)
        np.testing.assert_allclose(weights * factors, (inputs * weights) ** alpha, rtol=1e-6)


@given(st.integers(1, 9), st.integers(1, 9))
def test_quantised_rows_are_within_half_a_step(rows, columns):
    kernel = np.random.default_rng(rows * 10 + columns).standard_normal((rows, columns)).astype(np.float32)
    kernel[0] = 0.0
    values, scale = quantise_rows(kernel)
    assert values.dtype == np.int8 and np.abs(values.astype(int)).max() <= 127
    assert (np.abs(values * scale[:, None] - kernel) <= 0.5001 * scale[:, None]).all()


def unpacked(nibbles: np.ndarray, scales: np.ndarray) -> np.ndarray:
    values = np.stack([nibbles & 15, nibbles >> 4], axis=2).reshape(len(nibbles), -1, BLOCK).astype(np.float32) - 8.0
    return (values * scales.astype(np.float32)[..., None]).reshape(len(nibbles), -1)


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_a_weight_in_4_bit_is_at_most_a_step_away(seed, size):
    table = (np.random.default_rng(seed).standard_normal((5, 3 * BLOCK)) * size).astype(np.float32)
    table[2] = 0.0
    found = unpacked(*quantise_blocks(table))
    steps = np.abs(table).reshape(5, 3, BLOCK).max(axis=2).repeat(BLOCK, axis=1) / 8.0
    assert (np.abs(found - table) <= 1.01 * steps + 1e-7).all()
    assert (np.abs(found - table) <= 0.51 * steps + 1e-7).mean() > 0.9, "all but the far end is rounded"
    assert not found[2].any()


def test_onnx_runtime_reads_4_bit_as_it_is_meant():
    table = np.random.default_rng(1).standard_normal((7, 2 * BLOCK)).astype(np.float32)
    nibbles, scales = quantise_blocks(table)
    graph = Graph()
    names = graph.constant("table", nibbles), "ids", graph.constant("scales", scales.astype(np.float32))
    attributes = {"bits": 4, "block_size": BLOCK, "gather_axis": 0, "quantize_axis": 1}
    graph.add("GatherBlockQuantized", *names, output="rows", domain=FUSED, **attributes)
    ids = helper.make_tensor_value_info("ids", TensorProto.INT32, ["N"])
    model = model_proto(graph, [ids], [floats("rows", "N", 2 * BLOCK)])
    (rows,) = open_session(model.SerializeToString()).run(None, {"ids": np.array([6, 0, 6], np.int32)})
    np.testing.assert_array_equal(rows, unpacked(nibbles, scales)[[6, 0, 6]])
