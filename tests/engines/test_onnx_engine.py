"""The ONNX engine beside the Keras engine: the same model, the same results."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.graph_files import read_graphs
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.engines.onnx_engine import OnnxEngine
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.documents import LETTERS, toy_documents
from tests.helpers.saved_models import (
    bare_toys,
    differences,
    match_model,
    nested_answers_of,
    onnx_engine,
    probabilities_of,
    spread_engine,
    spread_model,
    with_config,
)

texts = st.text(st.sampled_from(LETTERS[:30]), max_size=70)


def examples_of(*texts):
    return spread_model().spec.examples([Document(str(i), text) for i, text in enumerate(texts)])


@pytest.mark.parametrize("shared", [0, 1, 2])
@given(items=st.lists(texts.filter(bool), min_size=1, max_size=6))
def test_probabilities_equal_those_of_keras(shared, items):
    examples = examples_of(*items)
    expected = probabilities_of(spread_engine("keras", shared), examples)
    for split in range(shared + 1):
        found = probabilities_of(spread_engine("onnx", shared, split), examples)
        assert differences(found, expected).max() < 1e-5 and found[0].dtype == np.float32


def test_int8_is_near():
    examples = spread_model().spec.examples(bare_toys())
    expected = probabilities_of(spread_engine("keras"), examples)
    errors = differences(probabilities_of(spread_engine("int8"), examples), expected)
    assert 0.0 < errors.max() < 0.15 and errors.mean() < 0.01
    assert np.ptp(np.concatenate([p.ravel() for p in expected])) > 0.5, "equal probabilities would prove nothing"


# In int8 a float that differs in its last digit can tip an input into the next step of 1/255 (here 5e-5 for the example);
# scales that are taken from the batch, as in dynamic quantisation, would move nearly all values, some by 3e-3 to 3e-2.
@pytest.mark.parametrize(("kind", "bound"), [("onnx", 1e-6), ("int8", 1e-3)])
@given(items=st.lists(texts.filter(bool), min_size=2, max_size=5))
@example(items=["个大", "一一一"])
def test_a_text_does_not_depend_on_its_batch_mates(kind, bound, items):
    engine = spread_engine(kind)
    together = probabilities_of(engine, examples_of(*items))
    alone = [found for text in items for found in probabilities_of(engine, examples_of(text))]
    found = differences(together, alone)
    assert found.max() < bound and np.median(found) < 1e-6


@pytest.mark.parametrize("kind", ["keras", "onnx"])
def test_types_that_were_not_annotated_have_no_probability(kind):
    schema = Schema((EntityType("PER", "人名"), EntityType("LOC", "地名")))
    partly = Document("0", "李明在北京大学", annotated=("LOC",))
    examples = spread_model().spec.examples([replace(partly, annotated=None), partly], schema)
    both, one = probabilities_of(spread_engine(kind), examples)
    assert not one[0].any() and one[1].all()
    assert both[0].all() and np.abs(both[1] - one[1]).max() < 1e-6


def test_a_type_does_not_depend_on_the_others_and_many_types_go_in_chunks(monkeypatch):
    model, engine = spread_model(), spread_engine("onnx")
    spec = model.spec
    kinds = tuple(
        EntityType(name, query) for name, query in (("A", "人名"), ("B", "地"), ("C", "大学和公司"), ("D", "京"))
    )
    documents = [Document("0", "李明在北京大学"), Document("1", "上海公司")]
    together = probabilities_of(engine, spec.examples(documents, Schema(kinds)))
    for number, kind in enumerate(kinds):
        alone = probabilities_of(engine, spec.examples(documents, Schema((kind,))))
        assert differences([found[number : number + 1] for found in together], alone).max() < 1e-6
    monkeypatch.setattr("bert_mrc_theseus.engines.onnx_engine.BUDGET", 12)
    monkeypatch.setattr("bert_mrc_theseus.engines.onnx_engine.ROUND", 1)
    chunked = probabilities_of(onnx_engine(model), spec.examples(documents, Schema(kinds)))
    assert differences(chunked, together).max() < 1e-6


@pytest.mark.parametrize("shared", [0, 2])
def test_engines_accept_the_same_spans(shared):
    model = match_model(shared)
    examples = model.spec.examples(toy_documents(12, 3))
    thresholds = Thresholds(0.3, 0.3, 0.3)
    keras = nested_answers_of(keras_engine(keras_model(model)), examples, thresholds)
    onnx = nested_answers_of(onnx_engine(model), examples, thresholds)
    assert sum(map(len, keras)) > 20
    for mine, theirs in zip(keras, onnx, strict=True):
        assert [span[:3] for span in sorted(mine)] == [span[:3] for span in sorted(theirs)]
        np.testing.assert_allclose([s[3] for s in sorted(mine)], [s[3] for s in sorted(theirs)], atol=1e-5)
        assert all(end - start <= 6 for _, start, end, _ in mine)


def test_graphs_without_a_match_head_give_the_same_probabilities_and_no_spans():
    model = match_model()
    examples = model.spec.examples(toy_documents(12, 3))
    flat = onnx_engine(with_config(model, match=None))
    with pytest.raises(ModelError, match="train the predecessor with --match"):
        nested_answers_of(flat, examples, Thresholds(0.3, 0.3, 0.3))
    assert (
        differences(
            probabilities_of(flat, examples), probabilities_of(keras_engine(keras_model(model)), examples)
        ).max()
        < 1e-5
    )


def test_a_damaged_graph_is_reported(tmp_path):
    lower, upper = serialised(build_graphs(spread_model()))
    with pytest.raises(ModelError, match=r"upper\.onnx cannot be loaded: it is no ONNX graph"):
        OnnxEngine((lower, upper[:5000]), 16)
    with pytest.raises(ModelError, match=r"does not hold the graphs.*lower\.onnx"):
        read_graphs(tmp_path)


@pytest.mark.parametrize(("kind", "matches"), [("flat", False), ("nested", True)])
def test_types_that_are_not_asked_are_not_computed(kind, matches):
    model = match_model()
    toys = [document for document in bare_toys() if document.text]
    asked = [("PER", "LOC", "ORG"), ("LOC",), ("PER", "ORG"), (), ("LOC",)]
    documents = [replace(document, annotated=asked[i % len(asked)]) for i, document in enumerate(toys)]
    examples, whole = model.spec.examples(documents), model.spec.examples(toys)
    # All windows go in a few batches, in which different types are asked.
    assert [int(row.sum()) for row in examples.is_asked[:5]] == [3, 1, 2, 0, 1]
    rows, contexts = [], []

    def counted(session, inputs, outputs):
        if "context.lengths" in inputs:
            rows.append((inputs["context.lengths"], inputs["query.lengths"]))
        else:
            contexts.append(len(inputs["lengths"]))
        return session.run(outputs, inputs)

    engine, answered = onnx_engine(model, run=counted), []

    def use(window, types, ends, matched):
        assert ends.shape == (len(types), len(examples.contexts[window].ids), 2) and (matched is None) != matches
        answered.extend((window, int(kind)) for kind in types)

    engine.answer(examples, use, matches)
    assert sorted(answered) == sorted(map(tuple, np.argwhere(examples.is_asked).tolist()))
    assert sum(len(context) * len(query) for context, query in rows) == examples.is_asked.sum() < whole.is_asked.sum()
    # A context of which nothing is asked is not read; the three queries are.
    assert sum(contexts) == examples.is_asked.any(axis=1).sum() + 3
    rows.clear()
    engine.answer(whole, lambda *_: None, matches)
    assert sum(len(context) * len(query) for context, query in rows) == whole.is_asked.size
