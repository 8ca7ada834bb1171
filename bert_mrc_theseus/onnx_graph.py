"""A saved model as one ONNX graph: token ids, query lengths and lengths in, probabilities out.

The graph is written node by node from the saved tensors: no TensorFlow and no converter in between. Dense layers are float32,
or int8: weights with one scale an output channel, inputs uint8 with one scale a product, measured beforehand (`Ranges`), so
that a text's result does not depend on its batch mates. Embeddings, softmax, gelu, LayerNorm and heads are float32 always.

Of ONNX Runtime's CPU kernels only vectorised ones are used (1.32, AVX-512: its SkipLayerNormalization took 6 times as long as
Add and LayerNormalization together, its BiasGelu twice as long as Gelu).
"""

import math
from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bert_mrc_theseus.checkpoints.weights import layer_tensor
from bert_mrc_theseus.model_folder import SavedModel

OPSET = 17
FUSED = "com.microsoft"
"""Domain of ONNX Runtime's own operators."""

MASKED = -1e9

Ranges = Mapping[str, np.ndarray]
"""Smallest and largest value of each channel that enters an int8 product, (2, K), by the product's name."""

OBSERVED = "observed/"
"""Prefix of the outputs that say what enters each product, (2, K)."""

SMOOTHED = ("intermediate.dense", "output.dense")
"""Products whose input channels are evened out before they are quantised; attention's gained nothing from it."""


def quantise_rows(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 of a kernel [out, in]: (values, scale of each row)."""
    scale = np.abs(weight).max(axis=1) / 127.0
    scale[scale == 0.0] = 1.0
    values = np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8)
    return values, scale.astype(np.float32)


def quantisation(low: float, high: float) -> tuple[np.float32, np.uint8]:
    """Scale and zero point that map [low, high], widened to hold 0, to 0 ... 255."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32((high - low) / 255.0) or np.float32(1.0)
    return scale, np.uint8(np.clip(round(-low / float(scale)), 0, 255))


def smoothing(channels: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """What to divide each input channel by, and to multiply its weights by: (K,).

    A few channels are much larger than the others and would leave these a few of the 256 steps only. Half of the difference
    in size is moved to the weights, which have scales of their own (SmoothQuant: Xiao et al., ICML 2023, equation 4 with
    alpha = 0.5).

    Args:
        channels: smallest and largest value of each, (2, K).
        kernel: [out, K].
    """
    inputs, weights = np.abs(channels).max(axis=0), np.abs(kernel).max(axis=0)
    usable = (inputs > 0.0) & (weights > 0.0)
    factors = np.sqrt(np.where(usable, inputs, 1.0) / np.where(usable, weights, 1.0))
    return np.where(usable, factors, 1.0).astype(np.float32)


class _Graph:
    """Nodes and constants of a graph in the making."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.observed: list[str] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values, np.int64))

    def add(self, kind: str, *inputs: str, output: str = "", domain: str = "", **attributes: object) -> str:
        """Adds a node of one output and returns the output's name."""
        name = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, inputs, [name], f"node_{len(self.nodes)}", domain=domain, **attributes)
        )
        return name


class _Encoder:
    """Writes the nodes of a BERT encoder. Hidden states are rows: (B*L, H).

    Args:
        model: shapes and weights.
        ranges: of the products that are int8; None for float32.
        observe: make what enters each product an output.
    """

    def __init__(self, model: SavedModel, ranges: Ranges | None, observe: bool):
        self.graph = _Graph()
        self.config, self.tensors = model.encoder, model.tensors
        self.ranges, self.observe = ranges, observe
        self.head_size = self.config.hidden_size // self.config.num_heads

    def embeddings(self) -> str:
        """Rows from the graph's inputs; also lays down the shapes and the mask that layers need."""
        graph, config = self.graph, self.config
        shape = graph.add("Shape", "token_ids")
        length = graph.add("Gather", shape, graph.constant("one", np.array(1, np.int64)), axis=0)
        zero, one = (graph.constant(name, np.array(i, np.int64)) for i, name in enumerate(("zero", "one")))
        places = graph.add("Range", zero, length, one)
        query = graph.add("Unsqueeze", graph.add("Cast", "query_lengths", to=TensorProto.INT64), graph.integers(1))
        end = graph.add("Unsqueeze", graph.add("Cast", "lengths", to=TensorProto.INT64), graph.integers(1))
        valid = graph.add("Less", places, end)  # (B, L)
        context = graph.add("And", graph.add("GreaterOrEqual", places, query), valid)
        floats = [
            graph.constant(name, np.array(value, np.float32)) for name, value in (("seen", 0), ("masked", MASKED))
        ]
        graph.add(
            "Unsqueeze", graph.add("Where", valid, *floats), graph.integers(1, 2), output="attention_bias"
        )  # (B, 1, 1, L)
        graph.add("Concat", shape, graph.integers(config.num_heads, self.head_size), axis=0, output="heads_shape")
        graph.add("Concat", shape, graph.integers(2), axis=0, output="output_shape")

        def table(name: str) -> str:
            return self._constant(f"embeddings.{name}_embeddings.weight")

        summed = graph.add(
            "Add", graph.add("Gather", table("word"), "token_ids"), graph.add("Gather", table("position"), places)
        )
        types = graph.add("Gather", table("token_type"), graph.add("Cast", context, to=TensorProto.INT64))
        rows = graph.add("Reshape", graph.add("Add", summed, types), graph.integers(-1, config.hidden_size))
        return self._norm("embeddings.LayerNorm", rows)

    def layer(self, number: int, hidden: str) -> str:
        """(B*L, H) -> (B*L, H)."""
        graph = self.graph
        name = layer_tensor(number, "attention.self")
        scale = 1.0 / math.sqrt(self.head_size)
        entering = self._entering(name, hidden)
        query = self._heads(self._product(f"{name}.query", entering, name, scale), (0, 2, 1, 3))
        key = self._heads(self._product(f"{name}.key", entering, name), (0, 2, 3, 1))
        value = self._heads(self._product(f"{name}.value", entering, name), (0, 2, 1, 3))
        scores = graph.add("Add", graph.add("MatMul", query, key), "attention_bias")  # (B, heads, L, L)
        mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
        mixed = graph.add("Transpose", mixed, perm=(0, 2, 1, 3))
        mixed = graph.add("Reshape", mixed, graph.integers(-1, self.config.hidden_size))
        hidden = self._add_and_norm(layer_tensor(number, "attention.output"), mixed, hidden)
        name = layer_tensor(number, "intermediate.dense")
        inner = graph.add("Gelu", self._product(name, self._entering(name, hidden), name), domain=FUSED)
        return self._add_and_norm(layer_tensor(number, "output"), inner, hidden)

    def heads(self, hidden: str) -> None:
        """Rows -> the output `probabilities` (B, L, 2)."""
        graph = self.graph
        kernel = graph.constant("heads.span.kernel", self.tensors["heads.span.weight"].T)
        logits = graph.add("Gemm", hidden, kernel, self._constant("heads.span.bias"))
        graph.add("Reshape", graph.add("Sigmoid", logits), "output_shape", output="probabilities")

    def _heads(self, rows: str, order: tuple[int, ...]) -> str:
        return self.graph.add("Transpose", self.graph.add("Reshape", rows, "heads_shape"), perm=order)

    def _add_and_norm(self, name: str, x: str, residual: str) -> str:
        """LayerNorm(dense(x) + residual)."""
        dense = f"{name}.dense"
        product = self._product(dense, self._entering(dense, x), dense)
        return self._norm(f"{name}.LayerNorm", self.graph.add("Add", product, residual))

    def _norm(self, name: str, x: str) -> str:
        scale, shift = (self._constant(f"{name}.{kind}") for kind in ("weight", "bias"))
        return self.graph.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=self.config.layer_norm_eps)

    def _entering(self, range_name: str, x: str) -> str:
        """What enters a product: uint8 if that is int8."""
        graph = self.graph
        if self.observe:
            ends = [graph.add(f"Reduce{kind}", x, axes=[0], keepdims=1) for kind in ("Min", "Max")]
            graph.observed.append(graph.add("Concat", *ends, axis=0, output=OBSERVED + range_name))
        if self.ranges is None:
            return x
        factors = self._smoothing(range_name)
        if factors is not None:
            x = graph.add("Mul", x, graph.constant(f"{range_name}.evening", 1.0 / factors))
        return graph.add("QuantizeLinear", x, *self._quantisation(range_name))

    def _smoothing(self, range_name: str) -> np.ndarray | None:
        assert self.ranges is not None
        if not range_name.endswith(SMOOTHED):
            return None
        parts = ("query", "key", "value") if range_name.endswith("attention.self") else ()
        names = [f"{range_name}.{part}" for part in parts] or [range_name]
        kernel = np.concatenate([self.tensors[f"{name}.weight"] for name in names])
        return smoothing(self.ranges[range_name], kernel)

    def _quantisation(self, range_name: str) -> tuple[str, str]:
        assert self.ranges is not None
        channels, factors = self.ranges[range_name], self._smoothing(range_name)
        channels = channels if factors is None else channels / factors
        scale, zero = quantisation(float(channels[0].min()), float(channels[1].max()))
        graph = self.graph
        return graph.constant(f"{range_name}.scale", np.array(scale)), graph.constant(
            f"{range_name}.zero", np.array(zero)
        )

    def _product(self, name: str, x: str, range_name: str, factor: float = 1.0) -> str:
        """factor * (x @ kernel.T + bias), x being what `_entering` gave for `range_name`."""
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

    def _constant(self, name: str) -> str:
        return self.graph.constant(name, self.tensors[name])


def build_graph(model: SavedModel, ranges: Ranges | None = None, observe: bool = False) -> onnx.ModelProto:
    """The model as an ONNX graph with dynamic batch and length.

    Inputs are int32 `token_ids` (B, L), `query_lengths` (B,) and `lengths` (B,), see `model`; the output is float32
    `probabilities` (B, L, 2), start then end.

    Args:
        model: the saved model, with its tensors.
        ranges: makes dense layers int8; see `onnx_export.measure_ranges`.
        observe: further outputs: the smallest and largest value of each channel that enters a product.
    """
    encoder = _Encoder(model, ranges, observe)
    hidden = encoder.embeddings()
    for number in range(model.encoder.num_layers):
        hidden = encoder.layer(number, hidden)
    encoder.heads(hidden)
    graph = encoder.graph
    inputs = [
        helper.make_tensor_value_info("token_ids", TensorProto.INT32, ["B", "L"]),
        helper.make_tensor_value_info("query_lengths", TensorProto.INT32, ["B"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"]),
    ]
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["B", "L", 2])]
    outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, "K"]) for name in graph.observed]
    body = helper.make_graph(graph.nodes, "bert-mrc-theseus", inputs, outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="bert-mrc-theseus")
