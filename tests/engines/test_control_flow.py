"""Graphs that might not end are refused, wherever what lets them loop is hidden."""

import time

import onnx
import pytest

from bert_mrc_theseus.engines.control_flow import refuse_control_flow
from bert_mrc_theseus.engines.onnx_runtime import open_session
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from tests.helpers.saved_models import make_saved, word_model

helper, FLOAT, INT64, BOOL = onnx.helper, onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.BOOL


def identity(name, kind, shape=()):
    """A graph that gives back what it takes."""
    values = [helper.make_tensor_value_info(side, kind, shape) for side in ("in", "out")]
    return helper.make_graph([helper.make_node("Identity", ["in"], ["out"])], name, values[:1], values[1:])


def endless():
    """A loop of 2 ** 63 - 1 rounds."""
    kinds = (("round", INT64), ("going", BOOL), ("in", FLOAT))
    inputs = [helper.make_tensor_value_info(name, kind, ()) for name, kind in kinds]
    outputs = [helper.make_tensor_value_info(name, kind, ()) for name, kind in (("on", BOOL), ("out", FLOAT))]
    steps = [helper.make_node("Identity", ["going"], ["on"]), helper.make_node("Identity", ["in"], ["out"])]
    return helper.make_node("Loop", ["rounds", "", "x"], ["y"], body=helper.make_graph(steps, "b", inputs, outputs))


def model_of(nodes, functions=()):
    values = [helper.make_tensor_value_info(name, FLOAT, ()) for name in "xy"]
    rounds = helper.make_tensor("rounds", INT64, (), [2**63 - 1])
    graph = helper.make_graph(nodes, "g", values[:1], values[1:], [rounds])
    versions = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
    return helper.make_model(graph, functions=functions, opset_imports=versions, ir_version=10)


def in_a_function():
    nodes = [helper.make_node("Constant", [], ["rounds"], value=helper.make_tensor("r", INT64, (), [2**63 - 1]))]
    function = helper.make_function("own", "F", ["x"], ["y"], [*nodes, endless()], [helper.make_opsetid("", 21)])
    return model_of([helper.make_node("F", ["x"], ["y"], domain="own")], [function])


def of_two_graphs():
    """Serialised one behind the other, fields of the same message are joined by who reads them."""
    return model_of([]).SerializeToString() + model_of([endless()]).SerializeToString()


@pytest.mark.parametrize("graph", [
    lambda: model_of([endless()]).SerializeToString(),
    lambda: in_a_function().SerializeToString(),
    of_two_graphs,
], ids=["loop", "in a function", "of two graphs"])  # fmt: skip
def test_a_loop_is_refused_before_it_is_run(graph):
    begun = time.monotonic()
    with pytest.raises(ModelError, match=r"model/onnx/upper\.onnx has the operator 'Loop'"):
        open_session(graph(), "model/onnx/upper.onnx")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("operator", ["If", "Scan", "SequenceMap", "Own"])
def test_every_operator_that_holds_a_graph_is_refused(operator):
    for attributes in ({"body": identity("b", FLOAT)}, {"bodies": [identity("b", FLOAT)]}):
        graph = model_of([helper.make_node(operator, ["x"], ["y"], **attributes)]).SerializeToString()
        with pytest.raises(ModelError, match=f"has the operator '{operator}'"):
            refuse_control_flow(graph, "g")


@pytest.mark.parametrize("model", [make_saved, word_model])
def test_the_graphs_of_models_are_not(model):
    for graph in serialised(build_graphs(model())):
        refuse_control_flow(graph, "g")


def test_any_bytes_are_a_graph_or_an_error_with_its_name():
    whole = model_of([endless()]).SerializeToString()
    others = [b"\xff" * 20, b"\x0b", b"\x3a\xff\xff\xff\xff\x0f", b"\x08" + b"\x80" * 12]
    for content in [*(whole[:size] for size in range(1, len(whole))), *others]:
        try:
            refuse_control_flow(content, "here/lower.onnx")
        except ModelError as error:
            assert str(error).startswith("here/lower.onnx ")


def test_onnx_runtimes_own_format_is_not_read():
    """Its files say ORTM in bytes 4 to 8, and can hold loops too."""
    with pytest.raises(ModelError, match="g cannot be loaded"):
        open_session(b"\x10\x00\x00\x00ORTM" + b"\x00" * 100, "g")
