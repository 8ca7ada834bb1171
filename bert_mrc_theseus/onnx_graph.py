"""A saved model as two ONNX graphs, so that what queries and contexts do apart is done once.

    lower   token ids of contexts, or of queries -> states (`STATES`): embeddings, the K shared layers (see `Sharing`), and
            queries, keys and values of the layer above them
    upper   states of some contexts and of some queries -> probabilities of each context for each query

Each context goes through `lower` once whatever the number of types, each query once whatever the number of texts. The last
layer is computed for context tokens only: nothing reads the others. With K = 0 the lower graph has no layer, and that is all.

The graphs are written node by node from the saved tensors: no TensorFlow and no converter in between. Dense layers are
float32, or int8: weights with one scale an output channel, inputs uint8 with one scale a product, measured beforehand
(`Ranges`), so that a text's result does not depend on its batch mates; the word embeddings then are float16. Softmax, gelu,
LayerNorm and heads are float32 always.

Of ONNX Runtime's CPU kernels only vectorised ones are used (1.32, AVX-512: its SkipLayerNormalization took 6 times as long as
Add and LayerNormalization together, its BiasGelu twice as long as Gelu).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bert_mrc_theseus.checkpoints.weights import layer_tensor
from bert_mrc_theseus.examples import MatchShape
from bert_mrc_theseus.model_folder import SavedModel
from bert_mrc_theseus.onnx_engine import STATES

OPSET = 17
FUSED = "com.microsoft"
"""Domain of ONNX Runtime's own operators."""

MASKED = -1e9

Ranges = Mapping[str, np.ndarray]
"""Smallest and largest value of each channel that enters an int8 product, (2, K), by the product's name."""

OBSERVED = "observed/"
"""Prefix of the outputs that say what enters each product, (2, K)."""

SMOOTHED = ("intermediate.dense", "output.dense")
"""Products whose input channels are evened out before they are quantised, by the end of their name: attention's output and
both of the feed-forward part. Queries, keys and values gained nothing from it."""


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


class Graphs(NamedTuple):
    """The two graphs of a model."""

    lower: onnx.ModelProto
    upper: onnx.ModelProto


class _Shape(NamedTuple):
    """Names of constants or values that say how rows are laid out."""

    heads: str  # (N, L, heads, H/heads)
    states: str  # (N, L, H)


class _Encoder:
    """Writes nodes of a BERT encoder. Hidden states are rows: (N*L, H).

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

    def shape(self, count: str, length: str) -> _Shape:
        """Shapes of N*L rows, N and L being the names of integers of shape (1,)."""
        graph, config = self.graph, self.config
        return _Shape(
            graph.add("Concat", count, length, graph.integers(config.num_heads, self.head_size), axis=0),
            graph.add("Concat", count, length, graph.integers(config.hidden_size), axis=0),
        )

    def size(self, x: str, axis: int) -> str:
        """Size of an axis, shape (1,)."""
        return self.graph.add("Shape", x, start=axis, end=axis + 1)

    def valid(self, lengths: str, length: str) -> str:
        """bool (N, L): whether a token is not padding."""
        graph = self.graph
        zero, one = (graph.constant(name, np.array(i, np.int64)) for i, name in enumerate(("zero", "one")))
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
            words = graph.add("Gather", self._constant(word), token_ids)
        else:
            table = graph.constant(f"{word}.half", self.tensors[word].astype(np.float16))
            words = graph.add("Cast", graph.add("Gather", table, token_ids), to=TensorProto.FLOAT)
        first = graph.add("Cast", first_position, to=TensorProto.INT64)
        last = graph.add("Add", first, graph.add("Squeeze", self.size(token_ids, 1)))
        places = graph.add("Range", first, last, graph.constant("one", np.array(1, np.int64)))
        position = graph.add("Gather", self._constant("embeddings.position_embeddings.weight"), places)
        kind = graph.add("Gather", self._constant("embeddings.token_type_embeddings.weight"), token_type)
        summed = graph.add("Add", words, graph.add("Add", position, kind))
        rows = graph.add("Reshape", summed, graph.integers(-1, self.config.hidden_size))
        return self._norm("embeddings.LayerNorm", rows)

    def project(self, number: int, hidden: str, shape: _Shape) -> tuple[str, str, str]:
        """Queries, keys and values of a layer, in the shapes of `STATES`; the queries divided by sqrt(H/heads)."""
        graph = self.graph
        name = layer_tensor(number, "attention.self")
        entering = self._entering(name, hidden)

        def part(kind: str, order: tuple[int, ...], factor: float = 1.0) -> str:
            rows = self._product(f"{name}.{kind}", entering, name, factor)
            return graph.add("Transpose", graph.add("Reshape", rows, shape.heads), perm=order)

        return (
            part("query", (0, 2, 1, 3), 1.0 / math.sqrt(self.head_size)),
            part("key", (0, 2, 3, 1)),
            part("value", (0, 2, 1, 3)),
        )

    def rest(self, number: int, hidden: str, q: str, k: str, v: str, bias: str) -> str:
        """What a layer does with the rows whose queries are q: (N*L, H) -> (N*L, H)."""
        graph = self.graph
        scores = graph.add("Add", graph.add("MatMul", q, k), bias)  # (N, heads, L, keys)
        mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), v)
        mixed = graph.add("Transpose", mixed, perm=(0, 2, 1, 3))
        mixed = graph.add("Reshape", mixed, graph.integers(-1, self.config.hidden_size))
        hidden = self._add_and_norm(layer_tensor(number, "attention.output"), mixed, hidden)
        name = layer_tensor(number, "intermediate.dense")
        inner = graph.add("Gelu", self._product(name, self._entering(name, hidden), name), domain=FUSED)
        return self._add_and_norm(layer_tensor(number, "output"), inner, hidden)

    def heads(self, hidden: str) -> str:
        """Rows -> probabilities (N*L, 2)."""
        kernel = self.graph.constant("heads.span.kernel", self.tensors["heads.span.weight"].T)
        return self.graph.add("Sigmoid", self.graph.add("Gemm", hidden, kernel, self._constant("heads.span.bias")))

    def matches(self, hidden: str, shape: str, match: MatchShape) -> str:
        """Rows -> probabilities of pairs (N, L, L), `shape` being (N, L, -1); see `heads.MatchHead`."""
        graph = self.graph
        kernel = self.tensors["heads.match.weight"]
        scale = np.ones(2 * match.size, np.float32)
        scale[: match.size] /= math.sqrt(match.size)
        projected = graph.add(
            "Gemm",
            hidden,
            graph.constant("heads.match.kernel", (kernel.T if kernel.shape[0] == len(scale) else kernel) * scale),
            graph.constant("heads.match.scaled_bias", self.tensors["heads.match.bias"] * scale),
        )
        projected = graph.add("Reshape", projected, shape)
        ends = [
            graph.add("Slice", projected, graph.integers(a), graph.integers(b), graph.integers(2))
            for a, b in ((0, match.size), (match.size, 2 * match.size))
        ]
        scores = graph.add("MatMul", ends[0], graph.add("Transpose", ends[1], perm=(0, 2, 1)))
        # Lengths that are not allowed: longer ones, and ends before starts, come from the last place of the table.
        table = np.append(self.tensors["heads.match.lengths"], np.float32(MASKED)).astype(np.float32)
        zero, one = (graph.constant(name, np.array(i, np.int64)) for i, name in enumerate(("zero", "one")))
        places = graph.add("Range", zero, graph.add("Squeeze", self.size(scores, 1)), one)
        distance = graph.add("Sub", places, graph.add("Unsqueeze", places, graph.integers(1)))
        allowed = graph.add("GreaterOrEqual", distance, zero)
        forbidden = graph.constant("forbidden", np.array(match.longest, np.int64))
        distance = graph.add("Where", allowed, graph.add("Min", distance, forbidden), forbidden)
        lengths = graph.add("Gather", graph.constant("heads.match.table", table), distance)
        return graph.add("Sigmoid", graph.add("Add", scores, lengths))

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


def build_graphs(
    model: SavedModel, ranges: Ranges | None = None, observe: bool = False, split: int | None = None
) -> Graphs:
    """The model as ONNX graphs with dynamic sizes: C contexts of Lc tokens, T queries of Lq tokens.

    The lower one maps int32 `token_ids` (N, L) and `lengths` (N,), `first_position` and `token_type` (scalars) to `STATES`. The
    upper one maps `context.` and `query.` states and `context.lengths` (C,), `query.lengths` (T,) to float32 `probabilities`
    (C, T, Lc, 2), start then end, and with a match head to `matches` (C, T, Lc, Lc), (first token, last token).

    Args:
        model: the saved model, with its tensors.
        ranges: makes dense layers int8; see `onnx_export.measure_ranges`.
        observe: further outputs: the smallest and largest value of each channel that enters a product.
        split: number of layers in the lower graph, by default all K shared ones. With fewer the result is the same and the
            work more: what remains of them is done for each pair.

    Raises:
        ValueError: not 0 <= split <= K.
    """
    split = model.sharing.modules if split is None else split
    if not 0 <= split <= model.sharing.modules:
        raise ValueError(f"the lower graph has 0 to {model.sharing.modules} layers. Received: {split}")
    return Graphs(
        _lower(_Encoder(model, ranges, observe), split), _upper(_Encoder(model, ranges, observe), model, split)
    )


def serialised(graphs: Graphs) -> tuple[bytes, bytes]:
    return graphs.lower.SerializeToString(), graphs.upper.SerializeToString()


def _lower(encoder: _Encoder, split: int) -> onnx.ModelProto:
    graph, config = encoder.graph, encoder.config
    length = encoder.size("token_ids", 1)
    shape = encoder.shape(encoder.size("token_ids", 0), length)
    bias = graph.add("Unsqueeze", encoder.bias(encoder.valid("lengths", length)), graph.integers(1, 2))  # (N, 1, 1, L)
    hidden = encoder.embeddings("token_ids", "first_position", "token_type")
    for number in range(split):
        hidden = encoder.rest(number, hidden, *encoder.project(number, hidden, shape), bias)
    for name, value in zip(STATES[1:], encoder.project(split, hidden, shape), strict=True):
        graph.add("Identity", value, output=name)
    graph.add("Reshape", hidden, shape.states, output=STATES[0])
    inputs = {"token_ids": ["N", "L"], "lengths": ["N"], "first_position": [], "token_type": []}
    return _model(
        graph,
        [helper.make_tensor_value_info(name, TensorProto.INT32, sizes) for name, sizes in inputs.items()],
        _state_infos("", "N", "L", config.hidden_size, config.num_heads),
    )


def _upper(encoder: _Encoder, model: SavedModel, split: int) -> onnx.ModelProto:
    graph, config = encoder.graph, encoder.config
    contexts, queries = encoder.size("context.hidden", 0), encoder.size("query.hidden", 0)
    context_length, query_length = encoder.size("context.hidden", 1), encoder.size("query.hidden", 1)
    pairs = graph.add("Mul", contexts, queries)
    length = graph.add("Add", context_length, query_length)
    ones = graph.integers(1)

    def together(context: str, query: str, axis: int, rank: int) -> str:
        """(C, ...) and (T, ...), joined along an axis that counts tokens: (C*T, ...), the context first."""
        grid = graph.add("Concat", contexts, queries, graph.integers(*[1] * (rank - 1)), axis=0)
        parts = [
            graph.add("Expand", graph.add("Unsqueeze", x, graph.integers(place)), grid)
            for x, place in ((context, 1), (query, 0))
        ]  # (C, T, ...)
        joined = graph.add("Concat", *parts, axis=axis + 1)
        sizes = graph.add("Shape", joined, start=2)
        return graph.add("Reshape", joined, graph.add("Concat", pairs, sizes, axis=0))

    seen = together(
        encoder.valid("context.lengths", context_length), encoder.valid("query.lengths", query_length), axis=1, rank=2
    )
    full = graph.add("Unsqueeze", encoder.bias(seen), graph.integers(1, 2))  # (C*T, 1, 1, L)
    is_query = graph.add(
        "Concat",
        graph.add("Expand", graph.constant("false", np.array([False])), context_length),
        graph.add("Expand", graph.constant("true", np.array([True])), query_length),
        axis=0,
    )
    same = graph.add("Equal", is_query, graph.add("Unsqueeze", is_query, ones))  # (L, L)
    shared = graph.add("Add", full, encoder.bias(same)) if split < model.sharing.modules else full

    hidden = together("context.hidden", "query.hidden", axis=1, rank=3)
    hidden = graph.add("Reshape", hidden, graph.integers(-1, config.hidden_size))
    axes = {"q": 2, "k": 3, "v": 2}
    q, k, v = (together(f"context.{name}", f"query.{name}", axis, rank=4) for name, axis in axes.items())
    shape = encoder.shape(pairs, length)
    for number in range(split, config.num_layers):
        if number > split:
            q, k, v = encoder.project(number, hidden, shape)
        if number == config.num_layers - 1:
            # The heads read context tokens only.
            zero = graph.integers(0)
            q = graph.add("Slice", q, zero, context_length, graph.integers(2))
            hidden = graph.add("Slice", graph.add("Reshape", hidden, shape.states), zero, context_length, ones)
            hidden = graph.add("Reshape", hidden, graph.integers(-1, config.hidden_size))
        hidden = encoder.rest(number, hidden, q, k, v, shared if number < model.sharing.modules else full)
    sizes = graph.add("Concat", contexts, queries, context_length, graph.integers(2), axis=0)
    graph.add("Reshape", encoder.heads(hidden), sizes, output="probabilities")
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["C", "T", "Lc", 2])]
    if model.match is not None:
        sizes = graph.add("Concat", contexts, queries, context_length, context_length, axis=0)
        found = encoder.matches(
            hidden, graph.add("Concat", pairs, context_length, graph.integers(-1), axis=0), model.match
        )
        graph.add("Reshape", found, sizes, output="matches")
        outputs.append(helper.make_tensor_value_info("matches", TensorProto.FLOAT, ["C", "T", "Lc", "Lc"]))

    inputs = [
        info
        for part, count, length in (("context.", "C", "Lc"), ("query.", "T", "Lq"))
        for info in (
            *_state_infos(part, count, length, config.hidden_size, config.num_heads),
            helper.make_tensor_value_info(f"{part}lengths", TensorProto.INT32, [count]),
        )
    ]
    return _model(graph, inputs, outputs)


def _state_infos(prefix: str, count: str, length: str, hidden: int, heads: int) -> list[onnx.ValueInfoProto]:
    size = hidden // heads
    shapes: Sequence[Sequence[str | int]] = (
        (count, length, hidden),
        (count, heads, length, size),
        (count, heads, size, length),
        (count, heads, length, size),
    )
    return [
        helper.make_tensor_value_info(prefix + name, TensorProto.FLOAT, sizes)
        for name, sizes in zip(STATES, shapes, strict=True)
    ]


def _model(graph: _Graph, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
    outputs = outputs + [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, "K"]) for name in graph.observed]
    body = helper.make_graph(graph.nodes, "bert-mrc-theseus", inputs, outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="bert-mrc-theseus")
