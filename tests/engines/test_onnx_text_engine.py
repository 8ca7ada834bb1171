"""The ONNX engine of models that share all layers, beside the Keras engine: the same model, the same results."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.onnx_export.observation import measure_ranges
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.documents import LETTERS, nested_toys, toy_documents
from tests.helpers.saved_models import (
    bare_toys,
    differences,
    match_model,
    nested_answers_of,
    onnx_engine,
    probabilities_of,
    with_config,
    word_model,
)

MODELS = {
    "characters": lambda: match_model(3),
    "words": word_model,
    "pieces alone": lambda: word_model(lexicon=False),
    "lexicon alone": lambda: word_model(pieces=False),
    "two top layers": lambda: word_model(layers=2),
}
KNOWN = "北京大学李明上海10的一是。 A"
texts = st.text(st.sampled_from(KNOWN + LETTERS[:10]), min_size=1, max_size=70)


@pytest.fixture(scope="module", params=MODELS)
def both(request):
    model = MODELS[request.param]()
    return model, keras_engine(keras_model(model)), onnx_engine(model)


@given(items=st.lists(texts, min_size=1, max_size=5))
def test_probabilities_equal_those_of_keras(both, items):
    model, keras, onnx = both
    examples = model.spec.examples([Document(str(i), text) for i, text in enumerate(items)])
    found = probabilities_of(onnx, examples)
    assert differences(found, probabilities_of(keras, examples)).max() < 1e-4 and found[0].dtype == np.float32


def test_engines_accept_the_same_spans(both):
    model, keras, onnx = both
    examples = model.spec.examples(nested_toys(12, 3))
    thresholds = Thresholds(0.3, 0.3, 0.3)
    expected, found = (nested_answers_of(engine, examples, thresholds) for engine in (keras, onnx))
    assert sum(map(len, expected)) > 10
    for mine, theirs in zip(found, expected, strict=True):
        assert {span[:3] for span in mine} == {span[:3] for span in theirs}


def test_what_words_say_is_heard():
    model = word_model()
    examples = model.spec.examples([Document("0", "李明在北京大学。")])
    whole = probabilities_of(keras_engine(keras_model(model)), examples)
    for changed in (replace(model.spec, lexicon=None), replace(model.spec, pieces=type(model.spec.pieces)())):
        tokens = changed.examples([Document("0", "李明在北京大学。")])
        if changed.lexicon is None:
            width = examples.sep.lexicon.shape[1]
            empty = [field._replace(lexicon=np.zeros((len(field.ids), width), np.int32)) for field in tokens.contexts]
            tokens = replace(examples, contexts=tuple(empty))
        found = probabilities_of(onnx_engine(model), tokens)
        assert differences(found, whole).max() > 1e-2


def test_int8_is_near():
    model = spread = with_config(word_model(), match=None)
    examples = model.spec.examples(bare_toys())
    expected = probabilities_of(keras_engine(keras_model(model)), examples)
    found = probabilities_of(onnx_engine(model, measure_ranges(spread, examples)), examples)
    errors = differences(found, expected)
    assert 0.0 < errors.mean() < 0.03
    assert np.ptp(np.concatenate([p.ravel() for p in expected])) > 0.5, "equal probabilities would prove nothing"


@given(items=st.lists(texts, min_size=2, max_size=5))
def test_a_text_does_not_depend_on_its_batch_mates(both, items):
    model, _, engine = both
    spec = model.spec
    documents = [Document(str(i), text) for i, text in enumerate(items)]
    together = probabilities_of(engine, spec.examples(documents))
    alone = [found for document in documents for found in probabilities_of(engine, spec.examples([document]))]
    assert differences(together, alone).max() < 1e-5


def test_types_are_answered_alone_as_together_and_in_parts(both, monkeypatch):
    model, _, engine = both
    documents = [Document("0", "李明在北京大学"), Document("1", "上海公司")]
    together = probabilities_of(engine, model.spec.examples(documents))
    for number, kind in enumerate(model.spec.schema.types):
        alone = probabilities_of(engine, model.spec.examples(documents, Schema((kind,))))
        assert differences([found[number : number + 1] for found in together], alone).max() < 1e-5
    monkeypatch.setattr("bert_mrc_theseus.engines.onnx_text_engine.ANSWERS", 20)
    parts = []
    examples = model.spec.examples(documents)
    engine.answer(examples, lambda window, types, *answer: parts.append(len(types)))
    assert len(parts) > 2 and sum(parts) == 6
    assert differences(probabilities_of(engine, examples), together).max() < 1e-5


def test_types_that_are_not_asked_are_not_answered(both):
    model, keras, onnx = both
    asked = [("PER", "LOC", "ORG"), ("LOC",), ("PER", "ORG"), (), ("LOC",)]
    toys = [document for document in bare_toys() if document.text]
    documents = [replace(document, annotated=asked[i % len(asked)]) for i, document in enumerate(toys)]
    examples, whole = model.spec.examples(documents), model.spec.examples(toys)
    expected = probabilities_of(onnx, whole)
    for engine in (keras, onnx):
        for window, found in enumerate(probabilities_of(engine, examples)):
            for number, name in enumerate(model.spec.schema.names):
                if name in documents[examples.window_of[window][0]].annotated:
                    np.testing.assert_allclose(found[number], expected[window][number], atol=1e-4)
                else:
                    assert not found[number].any()


def test_other_queries_are_read_anew():
    model = word_model()
    engine = onnx_engine(model)
    document = [Document("0", "李明在北京大学")]
    one, other = (Schema((EntityType("X", query),)) for query in ("人名", "大学"))
    first = probabilities_of(engine, model.spec.examples(document, one))
    assert differences(probabilities_of(engine, model.spec.examples(document, other)), first).max() > 1e-3
    assert differences(probabilities_of(engine, model.spec.examples(document, one)), first).max() == 0.0


def test_a_model_without_a_match_head_is_not_asked_for_matches():
    model = with_config(match_model(3), match=None)
    with pytest.raises(ModelError, match="train the predecessor with --match"):
        nested_answers_of(onnx_engine(model), model.spec.examples(toy_documents(2, 3)), Thresholds())
