"""ONNX graphs, a node at a time."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
"""Of graphs in standard operators, which every provider of ONNX Runtime, and other programs, can run: the first with Gelu."""

FUSED, FUSED_OPSET = "com.microsoft", 17
"""Domain of ONNX Runtime's own operators, and the opset beside it."""


class Graph:
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


def model_proto(
    graph: Graph, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    """A graph as a model, with what is observed as further outputs."""
    outputs = [*outputs, *(floats(name, "R", "K") for name in graph.observed)]
    body = helper.make_graph(graph.nodes, "bert-mrc-theseus", inputs, outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET)]
    if any(node.domain == FUSED for node in graph.nodes):
        opsets = [helper.make_opsetid("", FUSED_OPSET), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="bert-mrc-theseus")


def floats(name: str, *sizes: str | int) -> onnx.ValueInfoProto:
    """Declares an input or output of float32."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)
