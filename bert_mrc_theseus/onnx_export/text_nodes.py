"""Nodes of a model that shares all its layers: what reads texts and queries apart, with words if it has any."""

import numpy as np
from onnx import TensorProto

from bert_mrc_theseus.model_files.model_config import WordShape
from bert_mrc_theseus.mrc.lexicon import BITS
from bert_mrc_theseus.onnx_export.encoder_nodes import EncoderWriter
from bert_mrc_theseus.onnx_export.nodes import FUSED
from bert_mrc_theseus.onnx_export.quantisation import BLOCK, quantise_blocks, quantise_rows


class TextWriter(EncoderWriter):
    """Writes nodes of a BERT encoder that reads texts alone; arguments as in `EncoderWriter`."""

    def text_embeddings(self, own: str, words: WordShape | None) -> str:
        """Rows of the tokens of texts read alone, see `model.embeddings.Embeddings`: at positions 0, 1 ..., of type 0.

        `own` are the tokens' rows of the table of word embeddings (N, L, H).
        """
        graph = self.graph
        summed = own
        if words is not None and words.pieces:
            none = graph.constant("no_piece", np.array(-1, np.int32))
            several = graph.add("Cast", graph.add("Greater", "token_pieces", none), to=TensorProto.FLOAT)
            gate = graph.add("Mul", several, self.constant("embeddings.words.gate"))
            row = graph.add("Max", "token_pieces", graph.constant("first_piece", np.array(0, np.int32)))
            further = graph.add("Sub", self.table_rows("piece", row), summed)
            summed = graph.add(
                "Add", summed, graph.add("Mul", graph.add("Unsqueeze", gate, graph.integers(2)), further)
            )
        if words is not None:
            summed = graph.add("Add", summed, self.word_features("embeddings.words", words))
        length = graph.add("Squeeze", self.size("token_ids", 1))
        places = graph.add("Range", self.integer(0), length, self.integer(1))
        position = graph.add("Gather", self.constant("embeddings.position_embeddings.weight"), places)
        types = self.tensors["embeddings.token_type_embeddings.weight"]
        kind = graph.constant("embeddings.token_type_embeddings.first", types[0])
        summed = graph.add("Add", summed, graph.add("Add", position, kind))
        return self.norm(
            "embeddings.LayerNorm", graph.add("Reshape", summed, graph.integers(-1, self.config.hidden_size))
        )

    def table_rows(self, kind: str, ids: str) -> str:
        """Rows of a table of embeddings, "word" or "piece": (N, L) -> (N, L, H).

        Of int8 models they are in 4 bit, or in int8 with one scale a row where H is no multiple of a block.
        """
        graph, name = self.graph, f"embeddings.{kind}_embeddings.weight"
        table = self.tensors[name]
        if self.ranges is None:
            return graph.add("Gather", self.constant(name), ids)
        if table.shape[1] % BLOCK == 0:
            nibbles, scales = quantise_blocks(table)
            return graph.add(
                "GatherBlockQuantized",
                graph.constant(f"{name}.int4", nibbles),
                ids,
                # Half as many bytes in the file; ONNX Runtime widens them once, when the graph is loaded.
                graph.add("Cast", graph.constant(f"{name}.scales", scales), to=TensorProto.FLOAT),
                domain=FUSED,
                bits=4,
                block_size=BLOCK,
                gather_axis=0,
                quantize_axis=1,
            )
        values, scales = quantise_rows(table)
        rows = graph.add("Gather", graph.constant(f"{name}.int8", values), ids)
        scale = graph.add("Gather", graph.constant(f"{name}.scales", scales[:, None]), ids)
        return graph.add("Mul", graph.add("Cast", rows, to=TensorProto.FLOAT), scale)

    def word_features(self, prefix: str, words: WordShape) -> str:
        """What `model.embeddings.WordFeatures` adds: (N, L, H)."""
        graph = self.graph
        added = graph.add("Gather", self.constant(f"{prefix}.place_embeddings.weight"), "token_places")
        if not words.sources:
            return added
        bits = graph.add("Unsqueeze", graph.add("Cast", "token_lexicon", to=TensorProto.UINT32), graph.integers(3))
        shifts = graph.constant("lexicon.shifts", np.arange(BITS, dtype=np.uint32))
        two = graph.constant("lexicon.two", np.array(2, np.uint32))
        bits = graph.add("Mod", graph.add("BitShift", bits, shifts, direction="RIGHT"), two)
        features = graph.add("Cast", bits, to=TensorProto.FLOAT)
        count, length = self.size("token_ids", 0), self.size("token_ids", 1)
        shape = graph.add("Concat", count, length, graph.integers(words.sources * BITS), axis=0)
        kernel = self.constant(f"{prefix}.lexicon_embeddings.weight")
        return graph.add("Add", added, graph.add("MatMul", graph.add("Reshape", features, shape), kernel))

    def top_input(self, hidden: str, own: str, words: WordShape) -> str:
        """What the layers of `model.top_layers` read: rows (N*L, H) -> rows; `own` as in `text_embeddings`."""
        graph, rows = self.graph, self.graph.integers(-1, self.config.hidden_size)
        own = graph.add("Reshape", own, rows)
        own = self.product("top.own", self.entering("top.own", own), "top.own")
        features = graph.add("Reshape", self.word_features("top.words", words), rows)
        return self.norm("top.LayerNorm", graph.add("Add", graph.add("Add", hidden, own), features))

    def fused_context(self, hidden: str) -> str:
        """Rows -> what `LateFusion` makes of tokens: rows."""
        name = "heads.fusion.context"
        return self.product(name, self.entering(name, hidden), name)

    def fused_query(self, states: str, valid: str) -> str:
        """States (N, L, H) and which of them are no padding (N, L) -> what `LateFusion` makes of queries (N, H)."""
        graph = self.graph
        weights = graph.add("Unsqueeze", graph.add("Cast", valid, to=TensorProto.FLOAT), graph.integers(2))
        total = graph.add("ReduceSum", graph.add("Mul", states, weights), graph.integers(1), keepdims=0)
        mean = graph.add("Div", total, graph.add("ReduceSum", weights, graph.integers(1), keepdims=0))
        kernel = graph.constant("heads.fusion.query.kernel", self.tensors["heads.fusion.query.weight"].T)
        query = graph.add("Gemm", mean, kernel, self.constant("heads.fusion.query.bias"))
        return self.norm("heads.fusion.query.LayerNorm", query)
