"""What graphs are built of; that they do what the model does is tested in engines/test_onnx_engine.py."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.onnx_export.graphs import build_graphs
from bert_mrc_theseus.onnx_export.observation import measure_ranges
from tests.helpers.saved_models import (
    bare_toys,
    differences,
    match_model,
    nested_answers_of,
    onnx_engine,
    probabilities_of,
    spread_model,
    with_config,
    word_model,
)


def test_a_graph_cannot_be_split_above_what_is_shared():
    with pytest.raises(ValueError, match="0 to 0 layers"):
        build_graphs(spread_model(), split=1)


MODELS = {
    "plain": spread_model,
    "with shared layers": lambda: with_config(spread_model(), shared=SharedContext(2, 16)),
    "with a match head": match_model,
    "with words": word_model,
}


@pytest.mark.parametrize("kind", MODELS)
def test_float32_takes_standard_operators_alone(kind):
    for graph in build_graphs(MODELS[kind]()):
        assert {node.domain for node in graph.graph.node} == {""}
        assert [(opset.domain, opset.version) for opset in graph.opset_import] == [("", 20)]
        onnx.checker.check_model(graph, full_check=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning:onnx.reference")
@pytest.mark.parametrize("kind", MODELS)
def test_float32_means_the_same_to_another_program(kind):
    """The operators as ONNX defines them, in NumPy."""
    model = MODELS[kind]()
    programs = {graph.graph.output[0].name: ReferenceEvaluator(graph) for graph in build_graphs(model)}

    def run(session, inputs, outputs):
        return programs[session.get_outputs()[0].name].run(list(outputs), dict(inputs))

    examples = model.spec.examples(bare_toys()[:3])
    ours, theirs = onnx_engine(model), onnx_engine(model, run=run)
    found, expected = probabilities_of(theirs, examples), probabilities_of(ours, examples)
    assert differences(found, expected).max() < 1e-5
    assert np.ptp(np.concatenate([p.ravel() for p in expected])) > 0.5, "equal probabilities would prove nothing"
    if model.spec.config.match is not None:
        some = Thresholds(0.2, 0.2, match=0.3)
        # Types of several batches come in the order in which these are done.
        pairs, others = (
            [sorted(span[:3] for span in spans) for spans in nested_answers_of(engine, examples, some)]
            for engine in (ours, theirs)
        )
        assert any(pairs) and pairs == others


def test_int8_takes_products_of_onnx_runtime():
    model = spread_model()
    ranges = measure_ranges(model, model.spec.examples(bare_toys()[:3]))
    for graph in build_graphs(model, ranges):
        assert ("com.microsoft", 1) in {(opset.domain, opset.version) for opset in graph.opset_import}
        assert "MatMulIntegerToFloat" in {node.op_type for node in graph.graph.node}
