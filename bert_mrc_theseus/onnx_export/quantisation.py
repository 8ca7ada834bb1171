"""int8 weights, uint8 inputs, smoothing, which makes both easier, and tables in 4 bit: pure functions of arrays."""

import numpy as np

BLOCK = 32
"""Weights of a row that have one scale, in 4 bit."""


def quantise_blocks(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric 4 bit of a table (R, C), C a multiple of `BLOCK`: a weight is (nibble - 8) * scale.

    The rounding is that of GGML's Q4_0: the largest value of a block, with its sign, becomes nibble 0.

    Returns:
        uint8 (R, C / 2), weight 2j in the low half of byte j and weight 2j + 1 in its high half; float16 scales (R, C / BLOCK).
    """
    blocks = table.reshape(len(table), -1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2)[..., None], axis=2)
    scales = (largest / -8.0).astype(np.float16)
    divisors = np.where(scales == 0.0, np.float32(1.0), scales.astype(np.float32))
    nibbles = np.clip(np.round(blocks / divisors) + 8.0, 0.0, 15.0).astype(np.uint8).reshape(len(table), -1)
    return nibbles[:, 0::2] | (nibbles[:, 1::2] << 4), scales[..., 0]


def quantise_rows(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 of a kernel [out, in]: (values, scale of each row)."""
    scale = np.abs(weight).max(axis=1) / 127.0
    scale[scale == 0.0] = 1.0
    values = np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8)
    return values, scale.astype(np.float32)


def quantisation(low: float, high: float) -> tuple[np.float32, np.uint8]:
    """Scale and zero point that map [low, high], widened to hold 0, to 0 ... 255."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32((high - low) / 255.0)
    # A subnormal scale could not be divided by.
    if scale < np.finfo(np.float32).tiny:
        scale = np.float32(1.0)
    return scale, np.uint8(np.clip(round(-low / float(scale)), 0, 255))


def smoothing(channels: np.ndarray, kernel: np.ndarray, alpha: float) -> np.ndarray:
    """What to divide each input channel by, and to multiply its weights by: (K,).

    SmoothQuant (Xiao et al., ICML 2023, equation 4): each input channel is divided by a factor and its weights are multiplied
    by it, so that a few large channels do not use up the 256 levels of all.

    Args:
        channels: smallest and largest value of each, (2, K).
        kernel: [out, K].
        alpha: 1 makes all input channels equally large, 0 the weights of all channels.
    """
    inputs, weights = np.abs(channels).max(axis=0), np.abs(kernel).max(axis=0)
    usable = (inputs > 0.0) & (weights > 0.0)
    factors = np.where(usable, inputs, 1.0) ** alpha / np.where(usable, weights, 1.0) ** (1.0 - alpha)
    return np.where(usable, factors, 1.0).astype(np.float32)
