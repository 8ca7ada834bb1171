"""A saved model as two ONNX graphs, so that what queries and contexts do apart is done once.

    lower   token ids of contexts, or of queries -> states (`STATES`): embeddings, the K shared layers (`SharedContext`), and
            queries, keys and values of the layer above them
    upper   states of some contexts and of some queries -> probabilities of each context for each query

Each context goes through `lower` once whatever the number of types, each query once whatever the number of texts. The last
layer is computed for context tokens only: nothing reads the others. With K = 0 the lower graph has no layer, and that is all. A
model that shares all layers has the graphs of `text_graphs`.

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

from bert_mrc_theseus.engines.choose import onnx_engine
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.onnx_engine import STATES
from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.onnx_export.encoder_nodes import EncoderWriter, Ranges
from bert_mrc_theseus.onnx_export.nodes import floats, model_proto
from bert_mrc_theseus.onnx_export.text_graphs import text_lower, text_upper
from bert_mrc_theseus.onnx_export.text_nodes import TextWriter


class Graphs(NamedTuple):
    """The two graphs of a model."""

    lower: onnx.ModelProto
    upper: onnx.ModelProto


def build_graphs(
    model: SavedModel, ranges: Ranges | None = None, observe: Sequence[str] = (), split: int | None = None
) -> Graphs:
    """The model as ONNX graphs with dynamic sizes: C contexts of Lc tokens, T queries of Lq tokens.

    If not all layers are shared, the lower one maps int32 `token_ids` (N, L) and `lengths` (N,), `first_position` and
    `token_type` (scalars) to `STATES`. The upper one maps `context.` and `query.` states and `context.lengths` (C,),
    `query.lengths` (T,) to float32 `probabilities` (C, T, Lc, 2), start then end, and with a match head to `matches`
    (C, T, Lc, Lc), (first token, last token).

    Args:
        model: the saved model, with its tensors.
        ranges: makes dense layers int8; see `observation.measure_ranges`.
        observe: reductions of what enters each product, as further outputs; see `EncoderWriter`.
        split: number of layers in the lower graph, by default all K shared ones. With fewer the result is the same and the
            work more: what remains of them is done for each pair.

    Raises:
        ValueError: not 0 <= split <= K, or all layers are shared and `split` is less.
    """
    config = model.spec.config
    if config.shares_all and split in (None, config.shared.layers):
        lower, upper = (TextWriter(model, ranges, observe) for _ in range(2))
        return Graphs(text_lower(lower, config.words), text_upper(upper, model))
    split = model.spec.config.shared.layers if split is None else split
    if config.shares_all or not 0 <= split <= config.shared.layers:
        raise ValueError(f"the lower graph has 0 to {model.spec.config.shared.layers} layers. Received: {split}")
    return Graphs(
        _lower(EncoderWriter(model, ranges, observe), split),
        _upper(EncoderWriter(model, ranges, observe), model, split),
    )


def serialised(graphs: Graphs) -> tuple[bytes, bytes]:
    """The two files of a model's onnx/ folder."""
    return graphs.lower.SerializeToString(), graphs.upper.SerializeToString()


def engine_of(model: SavedModel, ranges: Ranges | None = None, split: int | None = None) -> Engine:
    """A saved model on ONNX Runtime; arguments as in `build_graphs`."""
    return onnx_engine(model.spec, serialised(build_graphs(model, ranges, split=split)))


def _lower(encoder: EncoderWriter, split: int) -> onnx.ModelProto:
    graph, config = encoder.graph, encoder.config
    length = encoder.size("token_ids", 1)
    shape = encoder.shape(encoder.size("token_ids", 0), length)
    bias = graph.add("Unsqueeze", encoder.bias(encoder.valid("lengths", length)), graph.integers(1, 2))  # (N, 1, 1, L)
    hidden = encoder.embeddings("token_ids", "first_position", "token_type")
    for number in range(split):
        hidden = encoder.attend_and_feed(number, hidden, *encoder.project(number, hidden, shape), bias)
    for name, value in zip(STATES[1:], encoder.project(split, hidden, shape), strict=True):
        graph.add("Identity", value, output=name)
    graph.add("Reshape", hidden, shape.states, output=STATES[0])
    inputs = {"token_ids": ["N", "L"], "lengths": ["N"], "first_position": [], "token_type": []}
    return model_proto(
        graph,
        [helper.make_tensor_value_info(name, TensorProto.INT32, sizes) for name, sizes in inputs.items()],
        _state_infos("", "N", "L", config),
    )


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
    outputs = [floats("probabilities", "C", "T", "Lc", 2)]
    if model.spec.config.match is not None:
        sizes = graph.add("Concat", contexts, queries, context_length, context_length, axis=0)
        matched = encoder.matches(
            hidden, graph.add("Concat", pairs, context_length, graph.integers(-1), axis=0), model.spec.config.match
        )
        graph.add("Reshape", matched, sizes, output="matches")
        outputs.append(floats("matches", "C", "T", "Lc", "Lc"))

    inputs = [
        info
        for part, count, length in (("context.", "C", "Lc"), ("query.", "T", "Lq"))
        for info in (
            *_state_infos(part, count, length, config),
            helper.make_tensor_value_info(f"{part}lengths", TensorProto.INT32, [count]),
        )
    ]
    return model_proto(graph, inputs, outputs)


def _state_infos(prefix: str, count: str, length: str, config: EncoderConfig) -> list[onnx.ValueInfoProto]:
    heads, size = config.num_heads, config.size_of_head
    shapes: Sequence[Sequence[str | int]] = (
        (count, length, config.hidden_size),
        (count, heads, length, size),
        (count, heads, size, length),
        (count, heads, length, size),
    )
    return [floats(prefix + name, *sizes) for name, sizes in zip(STATES, shapes, strict=True)]
