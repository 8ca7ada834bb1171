"""The two graphs of a model that shares all its layers: texts and queries are read apart and meet below the heads.

    lower   a text, or a query -> `context` and `query`, the two factors of `LateFusion`: embeddings, all layers, and the top
            layers, if the model has words
    upper   `context` of some texts, `query` of some queries -> probabilities of each text for each query

Each text goes through `lower` once whatever the number of types. What is int8, and what is not: see `graphs`; the tables of
embeddings are then in 4 bit.
"""

import onnx
from onnx import TensorProto, helper

from bert_mrc_theseus.model_files.encoder_weights import ENCODER, TOP
from bert_mrc_theseus.model_files.model_config import WordShape
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.onnx_export.nodes import floats, model_proto
from bert_mrc_theseus.onnx_export.text_nodes import TextWriter


def text_lower(encoder: TextWriter, words: WordShape | None) -> onnx.ModelProto:
    """Maps N texts to float32 `context` (N, L, H) and `query` (N, H).

    Its inputs, int32, are `lengths` (N,) and the fields of `Tokens` that the model reads: `token_ids`, `token_pieces`,
    `token_places` (N, L), `token_lexicon` (N, L, S).
    """
    graph, config = encoder.graph, encoder.config
    length = encoder.size("token_ids", 1)
    shape = encoder.shape(encoder.size("token_ids", 0), length)
    valid = encoder.valid("lengths", length)
    bias = graph.add("Unsqueeze", encoder.bias(valid), graph.integers(1, 2))  # (N, 1, 1, L)

    def layers(hidden: str, count: int, stack: str) -> str:
        for number in range(count):
            projected = encoder.project(number, hidden, shape, stack)
            hidden = encoder.attend_and_feed(number, hidden, *projected, bias, stack)
        return hidden

    own = encoder.table_rows("word", "token_ids")
    hidden = layers(encoder.text_embeddings(own, words), config.num_layers, ENCODER)
    if words is not None:
        hidden = layers(encoder.top_input(hidden, own, words), words.layers, TOP)
    graph.add("Reshape", encoder.fused_context(hidden), shape.states, output="context")
    states = graph.add("Reshape", hidden, shape.states)
    graph.add("Identity", encoder.fused_query(states, valid), output="query")

    sizes: dict[str, list[str | int]] = {"token_ids": ["N", "L"], "lengths": ["N"]}
    if words is not None:
        sizes["token_places"] = ["N", "L"]
    if words is not None and words.pieces:
        sizes["token_pieces"] = ["N", "L"]
    if words is not None and words.sources:
        sizes["token_lexicon"] = ["N", "L", words.sources]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, axes) for name, axes in sizes.items()]
    size = config.hidden_size
    return model_proto(graph, inputs, [floats("context", "N", "L", size), floats("query", "N", size)])


def text_upper(encoder: TextWriter, model: SavedModel) -> onnx.ModelProto:
    """Maps `context` (C, L, H) and `query` (T, H) to probabilities.

    They are float32: `probabilities` (C, T, L, 2), start then end, and with a match head `matches` (C, T, L, L), (first token,
    last token).
    """
    graph, size = encoder.graph, encoder.config.hidden_size
    contexts, length, queries = encoder.size("context", 0), encoder.size("context", 1), encoder.size("query", 0)
    # The heads are linear in the product of context and query: one matrix product gives the logits of all types.
    kernel = graph.constant("heads.span.rows", model.tensors["heads.span.weight"])  # (2, H)
    of_types = graph.add("Mul", graph.add("Unsqueeze", "query", graph.integers(1)), kernel)  # (T, 2, H)
    of_types = graph.add("Transpose", graph.add("Reshape", of_types, graph.integers(-1, size)), perm=(1, 0))
    logits = graph.add("MatMul", "context", of_types)  # (C, L, 2 T)
    logits = graph.add("Reshape", logits, graph.add("Concat", contexts, length, queries, graph.integers(2), axis=0))
    bias = graph.constant("heads.span.bias", model.tensors["heads.span.bias"])
    logits = graph.add("Add", graph.add("Transpose", logits, perm=(0, 2, 1, 3)), bias)
    graph.add("Sigmoid", logits, output="probabilities")
    outputs = [floats("probabilities", "C", "T", "L", 2)]
    match = model.spec.config.match
    if match is not None:
        of_texts = graph.add("Unsqueeze", "context", graph.integers(1))
        fused = graph.add("Mul", of_texts, graph.add("Unsqueeze", "query", graph.integers(0, 2)))  # (C, T, L, H)
        rows = graph.add("Reshape", fused, graph.integers(-1, size))
        shape = graph.add("Concat", graph.add("Mul", contexts, queries), length, graph.integers(-1), axis=0)
        sizes = graph.add("Concat", contexts, queries, length, length, axis=0)
        graph.add("Reshape", encoder.matches(rows, shape, match), sizes, output="matches")
        outputs.append(floats("matches", "C", "T", "L", "L"))
    return model_proto(graph, [floats("context", "C", "L", size), floats("query", "T", size)], outputs)
