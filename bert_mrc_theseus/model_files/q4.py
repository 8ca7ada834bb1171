"""Matrices in 4 bit: the layout Q4_0 of GGML, in which the built-in encoder comes, kept as it is."""

from dataclasses import dataclass

import numpy as np

BLOCK = 32


@dataclass(frozen=True)
class Q4Matrix:
    """A matrix of R rows and C columns in blocks of 32 weights of a row: a weight is (nibble - 8) * scale.

    Attributes:
        nibbles: uint8 (R, C / 32, 16); byte j of a block holds weight j in its low half and weight j + 16 in its high half.
        scales: float16 (R, C / 32).

    Raises:
        ValueError: the two do not fit each other, or are of other types.
    """

    nibbles: np.ndarray
    scales: np.ndarray

    def __post_init__(self) -> None:
        if self.nibbles.dtype != np.uint8 or self.scales.dtype != np.float16 or self.scales.ndim != 2:
            raise ValueError("4-bit matrices are uint8 nibbles with float16 scales of two axes")
        if self.nibbles.shape != (*self.scales.shape, BLOCK // 2):
            raise ValueError(f"nibbles {self.nibbles.shape} do not fit scales {self.scales.shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, blocks = self.scales.shape
        return rows, blocks * BLOCK

    def values(self) -> np.ndarray:
        """The weights: float32 (R, C)."""
        nibbles = np.concatenate([self.nibbles & 15, self.nibbles >> 4], axis=2).astype(np.float32)
        return ((nibbles - 8.0) * self.scales.astype(np.float32)[:, :, None]).reshape(self.shape)

    def take(self, rows: np.ndarray) -> "Q4Matrix":
        """Some of its rows, in that order."""
        return Q4Matrix(self.nibbles[rows], self.scales[rows])
