"""A saved model as two ONNX graphs, so that what queries and contexts do apart is done once.

    lower   token ids of contexts, or of queries -> states (`TOKEN_AXES`): embeddings, the K shared layers (`SharedContext`),
            and queries, keys and values of the layer above them
    upper   states of some contexts and of some queries -> probabilities of each context for each query

Each context goes through `lower` once whatever the number of types, each query once whatever the number of texts. The last
layer is computed for context tokens only: nothing reads the others. With K = 0 the lower graph has no layer, and that is all.
With all layers shared, the states are the two factors of `LateFusion`, and the upper graph has only the heads.

The graphs are written node by node from the saved tensors: no TensorFlow and no converter in between. Dense layers are
float32, or int8: weights with one scale an output channel, inputs uint8 with one scale a product, measured beforehand
(`Ranges`), so that a text's result does not depend on its batch mates; the word embeddings then are float16. Softmax, gelu,
LayerNorm and heads are float32 always.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper

from bert_mrc_theseus.engines.onnx_engine import OnnxEngine
from bert_mrc_theseus.model_files.model_folder import SavedModel
from bert_mrc_theseus.onnx_export.nodes import FUSED, EncoderWriter, Graph, Ranges, RowShape

OPSET = 17


class Graphs(NamedTuple):
    """The two graphs of a model."""

    lower: onnx.ModelProto
    upper: onnx.ModelProto


def build_graphs(
    model: SavedModel, ranges: Ranges | None = None, observe: bool = False, split: int | None = None
) -> Graphs:
    """The model as ONNX graphs with dynamic sizes: C contexts of Lc tokens, T queries of Lq tokens.

    The lower one maps int32 `token_ids` (N, L) and `lengths` (N,), `first_position` and `token_type` (scalars) to states. The
    upper one maps `context.` and `query.` states and, unless all layers are shared, `context.lengths` (C,) and `query.lengths`
    (T,) to float32 `probabilities` (C, T, Lc, 2), start then end, and with a match head to `matches` (C, T, Lc, Lc), (first
    token, last token).

    Args:
        model: the saved model, with its tensors.
        ranges: makes dense layers int8; see `export.measure_ranges`.
        observe: further outputs: the smallest and largest value of each channel that enters a product.
        split: number of layers in the lower graph, by default all K shared ones. With fewer the result is the same and the
            work more: what remains of them is done for each pair.

    Raises:
        ValueError: not 0 <= split <= K, or less than K where all layers are shared.
    """
    if model.spec.config.shares_all and split in (None, model.spec.config.shared.layers):
        return Graphs(
            _late_lower(EncoderWriter(model, ranges, observe)),
            _late_upper(EncoderWriter(model, ranges, observe), model),
        )
    split = model.spec.config.shared.layers if split is None else split
    if model.spec.config.shares_all or not 0 <= split <= model.spec.config.shared.layers:
        raise ValueError(f"the lower graph has 0 to {model.spec.config.shared.layers} layers. Received: {split}")
    return Graphs(
        _lower(EncoderWriter(model, ranges, observe), split),
        _upper(EncoderWriter(model, ranges, observe), model, split),
    )


def serialised(graphs: Graphs) -> tuple[bytes, bytes]:
    """The two files of a model's onnx/ folder."""
    return graphs.lower.SerializeToString(), graphs.upper.SerializeToString()


def engine_of(model: SavedModel, ranges: Ranges | None = None, split: int | None = None) -> OnnxEngine:
    """A saved model on ONNX Runtime; arguments as in `build_graphs`."""
    return OnnxEngine(serialised(build_graphs(model, ranges, split=split)), model.spec.config.shared.position)


def _lower(encoder: EncoderWriter, split: int) -> onnx.ModelProto:
    graph, config = encoder.graph, encoder.config
    read = _shared_layers(encoder, split)
    for name, value in zip("qkv", encoder.project(split, read.hidden, read.shape), strict=True):
        graph.add("Identity", value, output=name)
    graph.add("Reshape", read.hidden, read.shape.states, output="hidden")
    return _model(graph, _token_infos(), _state_infos("", "N", "L", config.hidden_size, config.num_heads))


def _late_lower(encoder: EncoderWriter) -> onnx.ModelProto:
    graph, size = encoder.graph, encoder.config.hidden_size
    read = _shared_layers(encoder, encoder.config.num_layers)
    graph.add("Reshape", encoder.fused_context(read.hidden), read.shape.states, output="context")
    states = graph.add("Reshape", read.hidden, read.shape.states)
    graph.add("Identity", encoder.fused_query(states, read.valid), output="query")
    return _model(graph, _token_infos(), [_floats("context", "N", "L", size), _floats("query", "N", size)])


class _Read(NamedTuple):
    """Names of what the shared layers give: rows of hidden states (N*L, H), how they are laid out, and which are no padding."""

    hidden: str
    shape: RowShape
    valid: str


def _shared_layers(encoder: EncoderWriter, count: int) -> _Read:
    graph = encoder.graph
    length = encoder.size("token_ids", 1)
    shape = encoder.shape(encoder.size("token_ids", 0), length)
    valid = encoder.valid("lengths", length)
    bias = graph.add("Unsqueeze", encoder.bias(valid), graph.integers(1, 2))  # (N, 1, 1, L)
    hidden = encoder.embeddings("token_ids", "first_position", "token_type")
    for number in range(count):
        hidden = encoder.attend_and_feed(number, hidden, *encoder.project(number, hidden, shape), bias)
    return _Read(hidden, shape, valid)


def _token_infos() -> list[onnx.ValueInfoProto]:
    inputs = {"token_ids": ["N", "L"], "lengths": ["N"], "first_position": [], "token_type": []}
    return [helper.make_tensor_value_info(name, TensorProto.INT32, sizes) for name, sizes in inputs.items()]


def _late_upper(encoder: EncoderWriter, model: SavedModel) -> onnx.ModelProto:
    graph, size = encoder.graph, encoder.config.hidden_size
    context, query = "context.context", "query.query"
    contexts, length, queries = encoder.size(context, 0), encoder.size(context, 1), encoder.size(query, 0)
    # The heads are linear in the product of context and query: one matrix product gives the logits of all types.
    kernel = graph.constant("heads.span.rows", model.tensors["heads.span.weight"])  # (2, H)
    by_type = graph.add("Mul", graph.add("Unsqueeze", query, graph.integers(1)), kernel)  # (T, 2, H)
    by_type = graph.add("Reshape", by_type, graph.integers(-1, size))
    logits = graph.add("MatMul", context, graph.add("Transpose", by_type, perm=(1, 0)))  # (C, Lc, 2 T)
    logits = graph.add("Reshape", logits, graph.add("Concat", contexts, length, queries, graph.integers(2), axis=0))
    logits = graph.add("Add", graph.add("Transpose", logits, perm=(0, 2, 1, 3)), encoder.span_bias())
    graph.add("Sigmoid", logits, output="probabilities")
    outputs = [_floats("probabilities", "C", "T", "Lc", 2)]
    if model.spec.config.match is not None:
        fused = graph.add(
            "Mul",
            graph.add("Unsqueeze", context, graph.integers(1)),
            graph.add("Unsqueeze", query, graph.integers(0, 2)),
        )  # (C, T, Lc, H)
        rows = graph.add("Reshape", fused, graph.integers(-1, size))
        shape = graph.add("Concat", graph.add("Mul", contexts, queries), length, graph.integers(-1), axis=0)
        matched = encoder.matches(rows, shape, model.spec.config.match)
        sizes = graph.add("Concat", contexts, queries, length, length, axis=0)
        graph.add("Reshape", matched, sizes, output="matches")
        outputs.append(_floats("matches", "C", "T", "Lc", "Lc"))
    return _model(graph, [_floats(context, "C", "Lc", size), _floats(query, "T", size)], outputs)


def _floats(name: str, *sizes: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)


def _upper(encoder: EncoderWriter, model: SavedModel, split: int) -> onnx.ModelProto:
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
    shared = graph.add("Add", full, encoder.bias(same)) if split < model.spec.config.shared.layers else full

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
        hidden = encoder.attend_and_feed(
            number, hidden, q, k, v, shared if number < model.spec.config.shared.layers else full
        )
    sizes = graph.add("Concat", contexts, queries, context_length, graph.integers(2), axis=0)
    graph.add("Reshape", encoder.heads(hidden), sizes, output="probabilities")
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["C", "T", "Lc", 2])]
    if model.spec.config.match is not None:
        sizes = graph.add("Concat", contexts, queries, context_length, context_length, axis=0)
        matched = encoder.matches(
            hidden, graph.add("Concat", pairs, context_length, graph.integers(-1), axis=0), model.spec.config.match
        )
        graph.add("Reshape", matched, sizes, output="matches")
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
        for name, sizes in zip(("hidden", "q", "k", "v"), shapes, strict=True)
    ]


def _model(graph: Graph, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
    outputs = outputs + [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, "K"]) for name in graph.observed]
    body = helper.make_graph(graph.nodes, "bert-mrc-theseus", inputs, outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="bert-mrc-theseus")
