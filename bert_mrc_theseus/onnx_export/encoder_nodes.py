"""Nodes of a BERT encoder and its heads, float32 or int8; `graphs` and `text_graphs` put them together.

Of ONNX Runtime's CPU kernels only vectorised ones are used (1.32, AVX-512: its SkipLayerNormalization took 6 times as long as
Add and LayerNormalization together, its BiasGelu twice as long as Gelu).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from onnx import TensorProto

from bert_mrc_theseus.model_files.encoder_weights import ENCODER, layer_tensor
from bert_mrc_theseus.model_files.model_config import MatchShape
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.onnx_export.nodes import FUSED, Graph
from bert_mrc_theseus.onnx_export.quantisation import quantisation, quantise_rows, smoothing

MASKED = -1e9

Ranges = Mapping[str, np.ndarray]
"""Smallest and largest value of each channel that enters an int8 product, (2, K), by the product's name."""

OBSERVED = "observed/"
"""Prefix of the outputs that say what enters each product, a row for each reduction."""

SMOOTHED = {"attention.output.dense": 0.65, "intermediate.dense": 0.65, "output.dense": 0.8}
"""Products whose input channels are smoothed before they are quantised, by the end of their name (the first that fits), and
alpha of `quantisation.smoothing`. After gelu a few values are hundreds of times the others. Queries, keys and values gained
nothing from it."""


class RowShape(NamedTuple):
    """Names of constants or values that say how rows are laid out."""

    heads: str  # (N, L, heads, head size)
    states: str  # (N, L, H)


class EncoderWriter:
    """Writes nodes of a BERT encoder. Hidden states are rows: (N*L, H).

    Args:
        model: shapes and weights.
        ranges: of the products that are int8; None for float32.
        observe: reductions over the rows of what enters each product, by the names of ONNX (Min, SumSquare ...); they become
            outputs, (number of reductions, K) for each product.
    """

    def __init__(self, model: SavedModel, ranges: Ranges | None, observe: Sequence[str]):
        self.graph = Graph()
        self.config, self.tensors = model.spec.config.encoder, model.tensors
        self.ranges, self.observe = ranges, observe
        self.head_size = self.config.size_of_head

    def shape(self, count: str, length: str) -> RowShape:
        """Shapes of N*L rows, N and L being the names of integers of shape (1,)."""
        graph, config = self.graph, self.config
        return RowShape(
            graph.add("Concat", count, length, graph.integers(config.num_heads, self.head_size), axis=0),
            graph.add("Concat", count, length, graph.integers(config.hidden_size), axis=0),
        )

    def size(self, x: str, axis: int) -> str:
        """Size of an axis, shape (1,)."""
        return self.graph.add("Shape", x, start=axis, end=axis + 1)

    def valid(self, lengths: str, length: str) -> str:
        """bool (N, L): whether a token is not padding."""
        graph = self.graph
        zero, one = self.integer(0), self.integer(1)
        places = graph.add("Range", zero, graph.add("Squeeze", length), one)
        return graph.add(
            "Less", places, graph.add("Unsqueeze", graph.add("Cast", lengths, to=TensorProto.INT64), graph.integers(1))
        )

    def bias(self, seen: str) -> str:
        """Attention bias of a condition."""
        floats = [
            self.graph.constant(name, np.array(value, np.float32)) for name, value in (("seen", 0), ("masked", MASKED))
        ]
        return self.graph.add("Where", seen, *floats)

    def embeddings(self, token_ids: str, first_position: str, token_type: str) -> str:
        """Rows of token ids (N, L) that stand at consecutive positions and are all of one type (a scalar)."""
        graph = self.graph
        word = "embeddings.word_embeddings.weight"
        if self.ranges is None:
            words = graph.add("Gather", self.constant(word), token_ids)
        else:
            table = graph.constant(f"{word}.half", self.tensors[word].astype(np.float16))
            words = graph.add("Cast", graph.add("Gather", table, token_ids), to=TensorProto.FLOAT)
        first = graph.add("Cast", first_position, to=TensorProto.INT64)
        last = graph.add("Add", first, graph.add("Squeeze", self.size(token_ids, 1)))
        places = graph.add("Range", first, last, self.integer(1))
        position = graph.add("Gather", self.constant("embeddings.position_embeddings.weight"), places)
        kind = graph.add("Gather", self.constant("embeddings.token_type_embeddings.weight"), token_type)
        summed = graph.add("Add", words, graph.add("Add", position, kind))
        rows = graph.add("Reshape", summed, graph.integers(-1, self.config.hidden_size))
        return self.norm("embeddings.LayerNorm", rows)

    def project(self, number: int, hidden: str, shape: RowShape, stack: str = ENCODER) -> tuple[str, str, str]:
        """Queries, keys and values of a layer, in the shapes of `STATES`; the queries divided by the root of the head size."""
        graph = self.graph
        name = layer_tensor(number, "attention.self", stack)
        entering = self.entering(name, hidden)

        def part(kind: str, order: tuple[int, ...], factor: float = 1.0) -> str:
            rows = self.product(f"{name}.{kind}", entering, name, factor)
            return graph.add("Transpose", graph.add("Reshape", rows, shape.heads), perm=order)

        return (
            part("query", (0, 2, 1, 3), 1.0 / math.sqrt(self.head_size)),
            part("key", (0, 2, 3, 1)),
            part("value", (0, 2, 1, 3)),
        )

    def attend_and_feed(self, number: int, hidden: str, q: str, k: str, v: str, bias: str, stack: str = ENCODER) -> str:
        """Attention of given q, k, v, then feed-forward: the part of a layer after the projections. (N*L, H) -> (N*L, H)."""
        graph = self.graph
        scores = graph.add("Add", graph.add("MatMul", q, k), bias)  # (N, heads, L, keys)
        mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), v)
        mixed = graph.add("Transpose", mixed, perm=(0, 2, 1, 3))
        mixed = graph.add("Reshape", mixed, graph.integers(-1, self.config.attention_size))
        hidden = self._add_and_norm(layer_tensor(number, "attention.output", stack), mixed, hidden)
        name = layer_tensor(number, "intermediate.dense", stack)
        # Of float32 only standard operators are used, see `nodes.OPSET`.
        domain = "" if self.ranges is None else FUSED
        inner = graph.add("Gelu", self.product(name, self.entering(name, hidden), name), domain=domain)
        return self._add_and_norm(layer_tensor(number, "output", stack), inner, hidden)

    def heads(self, hidden: str) -> str:
        """Rows -> probabilities (N*L, 2)."""
        kernel = self.graph.constant("heads.span.kernel", self.tensors["heads.span.weight"].T)
        return self.graph.add("Sigmoid", self.graph.add("Gemm", hidden, kernel, self.constant("heads.span.bias")))

    def matches(self, hidden: str, shape: str, match: MatchShape) -> str:
        """Rows -> probabilities of pairs (N, L, L), `shape` being (N, L, -1); see `heads.MatchHead`."""
        graph = self.graph
        scale = np.ones(2 * match.size, np.float32)
        scale[: match.size] /= math.sqrt(match.size)
        projected = graph.add(
            "Gemm",
            hidden,
            graph.constant("heads.match.kernel", self.tensors["heads.match.weight"].T * scale),
            graph.constant("heads.match.scaled_bias", self.tensors["heads.match.bias"] * scale),
        )
        projected = graph.add("Reshape", projected, shape)
        zero, one = self.integer(0), self.integer(1)
        places = graph.add("Range", zero, graph.add("Squeeze", self.size(projected, 1)), one)
        # Rotations are relative: the positions of the context alone give what those of the whole example give.
        angles = graph.add(
            "Mul",
            graph.add("Unsqueeze", graph.add("Cast", places, to=TensorProto.FLOAT), graph.integers(1)),
            graph.constant("heads.match.frequencies", match.frequencies),
        )
        cos, sin = graph.add("Cos", angles), graph.add("Sin", angles)
        half = match.size // 2
        x0, y0, x1, y1 = (
            graph.add("Slice", projected, graph.integers(i * half), graph.integers((i + 1) * half), graph.integers(2))
            for i in range(4)
        )
        first, last = (
            graph.add(
                "Concat",
                graph.add("Sub", graph.add("Mul", x, cos), graph.add("Mul", y, sin)),
                graph.add("Add", graph.add("Mul", x, sin), graph.add("Mul", y, cos)),
                axis=2,
            )
            for x, y in ((x0, y0), (x1, y1))
        )
        scores = graph.add("MatMul", first, graph.add("Transpose", last, perm=(0, 2, 1)))
        # Lengths that are not allowed: longer ones, and ends before starts, come from the last place of the table.
        table = np.append(self.tensors["heads.match.lengths"], np.float32(MASKED)).astype(np.float32)
        distance = graph.add("Sub", places, graph.add("Unsqueeze", places, graph.integers(1)))
        allowed = graph.add("GreaterOrEqual", distance, zero)
        forbidden = graph.constant("forbidden", np.array(match.longest, np.int64))
        distance = graph.add("Where", allowed, graph.add("Min", distance, forbidden), forbidden)
        lengths = graph.add("Gather", graph.constant("heads.match.table", table), distance)
        return graph.add("Sigmoid", graph.add("Add", scores, lengths))

    def _add_and_norm(self, name: str, x: str, residual: str) -> str:
        """LayerNorm(dense(x) + residual)."""
        dense = f"{name}.dense"
        product = self.product(dense, self.entering(dense, x), dense)
        return self.norm(f"{name}.LayerNorm", self.graph.add("Add", product, residual))

    def norm(self, name: str, x: str) -> str:
        scale, shift = (self.constant(f"{name}.{kind}") for kind in ("weight", "bias"))
        return self.graph.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=self.config.layer_norm_eps)

    def entering(self, range_name: str, x: str) -> str:
        """What enters a product: uint8 if that is int8."""
        graph = self.graph
        if self.observe:
            reduced = [graph.add(f"Reduce{kind}", x, graph.integers(0), keepdims=1) for kind in self.observe]
            graph.observed.append(graph.add("Concat", *reduced, axis=0, output=OBSERVED + range_name))
        if self.ranges is None:
            return x
        factors = self._smoothing(range_name)
        if factors is not None:
            x = graph.add("Mul", x, graph.constant(f"{range_name}.smoothing", 1.0 / factors))
        return graph.add("QuantizeLinear", x, *self._quantisation(range_name))

    def _smoothing(self, range_name: str) -> np.ndarray | None:
        assert self.ranges is not None
        for end, alpha in SMOOTHED.items():
            if range_name.endswith(end):
                return smoothing(self.ranges[range_name], self.tensors[f"{range_name}.weight"], alpha)
        return None

    def _quantisation(self, range_name: str) -> tuple[str, str]:
        assert self.ranges is not None
        channels, factors = self.ranges[range_name], self._smoothing(range_name)
        channels = channels if factors is None else channels / factors
        scale, zero = quantisation(float(channels[0].min()), float(channels[1].max()))
        graph = self.graph
        return graph.constant(f"{range_name}.scale", np.array(scale)), graph.constant(
            f"{range_name}.zero", np.array(zero)
        )

    def product(self, name: str, x: str, range_name: str, factor: float = 1.0) -> str:
        """factor * (x @ kernel.T + bias), x being what `entering` gave for `range_name`."""
        graph = self.graph
        kernel, bias = (self.tensors[f"{name}.{kind}"] * np.float32(factor) for kind in ("weight", "bias"))
        bias_name = graph.constant(f"{name}.bias", bias)
        if self.ranges is None:
            return graph.add("Gemm", x, graph.constant(f"{name}.kernel", kernel.T), bias_name)
        factors = self._smoothing(range_name)
        values, scale = quantise_rows(kernel if factors is None else kernel * factors)
        weights = graph.constant(f"{name}.int8", values.T)
        scales = graph.constant(f"{name}.scales", scale)
        zeros = graph.constant(f"{name}.zeros", np.zeros(len(scale), np.int8))
        entering_scale, entering_zero = self._quantisation(range_name)
        inputs = (x, weights, entering_scale, scales, entering_zero, zeros, bias_name)
        return graph.add("MatMulIntegerToFloat", *inputs, domain=FUSED)

    def constant(self, name: str) -> str:
        return self.graph.constant(name, self.tensors[name])

    def integer(self, value: int) -> str:
        """An int64 scalar."""
        return self.graph.constant({0: "zero", 1: "one"}[value], np.array(value, np.int64))
