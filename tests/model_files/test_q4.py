"""4-bit matrices, weight by weight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.model_files.q4 import BLOCK, Q4Matrix


@given(st.integers(0, 3), st.integers(1, 3), st.integers(0, 2**32))
def test_each_weight_is_its_nibble_times_its_scale(rows, blocks, seed):
    random = np.random.default_rng(seed)
    nibbles = random.integers(0, 256, (rows, blocks, BLOCK // 2), np.uint8)
    scales = random.standard_normal((rows, blocks)).astype(np.float16)
    matrix = Q4Matrix(nibbles, scales)
    values = matrix.values()
    assert matrix.shape == values.shape == (rows, blocks * BLOCK) and values.dtype == np.float32
    for row, column in np.ndindex(values.shape):
        block, place = divmod(column, BLOCK)
        byte = int(nibbles[row, block, place % 16])
        nibble = byte & 15 if place < 16 else byte >> 4
        assert values[row, column] == (nibble - 8) * np.float32(scales[row, block])


def test_some_rows():
    random = np.random.default_rng(0)
    matrix = Q4Matrix(random.integers(0, 256, (5, 2, 16), np.uint8), random.random((5, 2)).astype(np.float16))
    np.testing.assert_array_equal(matrix.take(np.array([3, 0, 3])).values(), matrix.values()[[3, 0, 3]])


@pytest.mark.parametrize(
    "nibbles, scales",
    [
        (np.zeros((2, 1, 16), np.uint8), np.zeros((2, 1), np.float32)),
        (np.zeros((2, 1, 16), np.int8), np.zeros((2, 1), np.float16)),
        (np.zeros((2, 1, 16), np.uint8), np.zeros((2, 2), np.float16)),
        (np.zeros((2, 16), np.uint8), np.zeros(2, np.float16)),
    ],
)
def test_what_does_not_fit_is_refused(nibbles, scales):
    with pytest.raises(ValueError, match=r"4-bit|do not fit"):
        Q4Matrix(nibbles, scales)
