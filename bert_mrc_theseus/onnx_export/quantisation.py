"""int8 weights, uint8 inputs, and smoothing, which makes both easier: pure functions of arrays."""

import numpy as np


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
