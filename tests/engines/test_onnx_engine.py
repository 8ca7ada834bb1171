"""The ONNX engine beside the Keras engine: the same model, the same results."""

import functools
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.choose import choose_engine, load_engine
from bert_mrc_theseus.engines.engine import predict_documents
from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.engines.onnx_engine import OnnxEngine, read_graphs, write_graphs
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model.mrc_model import export_tensors, predecessor_from
from bert_mrc_theseus.model_files.model_folder import ONNX, WEIGHTS, SavedModel, save_model
from bert_mrc_theseus.mrc.examples import Sharing, WindowSize
from bert_mrc_theseus.onnx_export import export as onnx_export
from bert_mrc_theseus.onnx_export.export import export_onnx, measure_ranges
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.documents import LETTERS, toy_documents
from tests.helpers.models import make_weights


def saved_model() -> SavedModel:
    weights = make_weights(layers=3, hidden=32, heads=4)
    tensors = export_tensors(predecessor_from(weights).named_weights())
    # Large heads spread the probabilities over (0, 1).
    tensors["heads.span.weight"] = np.random.default_rng(5).standard_normal((2, 32)).astype(np.float32)
    return SavedModel(
        weights.config,
        weights.vocab,
        Schema((EntityType("PER", "人名"),)),
        tensors,
        WindowSize(60, 8),
        Sharing(context_position=16),
    )


MODEL = saved_model()
DOCUMENTS = toy_documents(20, 4)
EXAMPLES = MODEL.examples([Document(d.id, d.text) for d in DOCUMENTS])
KERAS = keras_engine(keras_model(MODEL))


def onnx_engine(model, ranges=None, split=None, workers=2):
    return OnnxEngine(serialised(build_graphs(model, ranges, split=split)), model.sharing.context_position, workers)


FLOAT = onnx_engine(MODEL)
INT8 = onnx_engine(MODEL, measure_ranges(MODEL, EXAMPLES))

texts = st.text(st.sampled_from(LETTERS[:30]), max_size=70)


def examples_of(*texts):
    return MODEL.examples([Document(str(i), text) for i, text in enumerate(texts)])


def differences(found, expected):
    assert [a.shape for a in found] == [b.shape for b in expected]
    return np.concatenate([np.abs(a - b).ravel() for a, b in zip(found, expected, strict=True)])


@pytest.mark.parametrize("shared", [0, 1, 2])
@given(items=st.lists(texts.filter(bool), min_size=1, max_size=6))
def test_probabilities_equal_those_of_keras(shared, items):
    examples = examples_of(*items)
    expected = engine_of("keras", shared)(examples)
    for split in range(shared + 1):
        found = engine_of("onnx", shared, split)(examples)
        assert differences(found, expected).max() < 1e-5 and found[0].dtype == np.float32


@functools.cache
def engine_of(kind, shared, split=None):
    model = replace(MODEL, sharing=replace(MODEL.sharing, modules=shared))
    return keras_engine(keras_model(model)) if kind == "keras" else onnx_engine(model, split=split)


def test_a_graph_cannot_be_split_above_what_is_shared():
    with pytest.raises(ValueError, match="0 to 0 layers"):
        build_graphs(MODEL, split=1)


def test_int8_is_near():
    expected = KERAS(EXAMPLES)
    errors = differences(INT8(EXAMPLES), expected)
    assert 0.0 < errors.max() < 0.15 and errors.mean() < 0.01
    assert np.ptp(np.concatenate([p.ravel() for p in expected])) > 0.5, "equal probabilities would prove nothing"


# In int8 a float that differs in its last digit can tip an input into the next step of 1/255 (here 5e-5 for the example);
# scales that are taken from the batch, as in dynamic quantisation, would move nearly all values, some by 3e-3 to 3e-2.
@pytest.mark.parametrize(("engine", "bound"), [(FLOAT, 1e-6), (INT8, 1e-3)])
@given(items=st.lists(texts.filter(bool), min_size=2, max_size=5))
@example(items=["个大", "一一一"])
def test_a_text_does_not_depend_on_its_batch_mates(engine, bound, items):
    together = engine(examples_of(*items))
    alone = [found for text in items for found in engine(examples_of(text))]
    found = differences(together, alone)
    assert found.max() < bound and np.median(found) < 1e-6


@pytest.mark.parametrize("engine", [KERAS, FLOAT])
def test_types_that_were_not_annotated_have_no_probability(engine):
    schema = Schema((EntityType("PER", "人名"), EntityType("LOC", "地名")))
    partly = Document("0", "李明在北京大学", annotated=("LOC",))
    both, one = engine(MODEL.examples([replace(partly, annotated=None), partly], schema))
    assert not one[0].any() and one[1].all()
    assert both[0].all() and np.abs(both[1] - one[1]).max() < 1e-6


def test_a_type_does_not_depend_on_the_others_and_many_types_go_in_chunks(monkeypatch):
    kinds = tuple(
        EntityType(name, query) for name, query in (("A", "人名"), ("B", "地"), ("C", "大学和公司"), ("D", "京"))
    )
    documents = [Document("0", "李明在北京大学"), Document("1", "上海公司")]
    together = FLOAT(MODEL.examples(documents, Schema(kinds)))
    for number, kind in enumerate(kinds):
        alone = FLOAT(MODEL.examples(documents, Schema((kind,))))
        assert differences([found[number : number + 1] for found in together], alone).max() < 1e-6
    monkeypatch.setattr("bert_mrc_theseus.engines.onnx_engine.BUDGET", 12)
    monkeypatch.setattr("bert_mrc_theseus.engines.onnx_engine.ROUND", 1)
    assert differences(onnx_engine(MODEL)(MODEL.examples(documents, Schema(kinds))), together).max() < 1e-6


@pytest.fixture
def folder(tmp_path):
    save_model(tmp_path / "model", MODEL)
    return tmp_path / "model"


def test_the_engine_is_onnx_where_the_model_was_exported(folder):
    assert choose_engine(folder) == choose_engine(folder, "keras") == "keras"
    with pytest.raises(ModelError, match="--to onnx"):
        choose_engine(folder, "onnx")
    write_graphs(folder / ONNX, serialised(build_graphs(MODEL)))
    assert choose_engine(folder) == "onnx" and choose_engine(folder, "keras") == "keras"
    (folder / WEIGHTS).unlink()
    model, engine = load_engine(folder)
    assert model.schema == MODEL.schema and not model.tensors
    assert differences(engine(EXAMPLES), KERAS(EXAMPLES)).max() < 1e-5
    with pytest.raises(UserError, match="one of auto, onnx, keras"):
        choose_engine(folder, "tensorrt")


def test_a_damaged_graph_is_reported(tmp_path):
    lower, upper = serialised(build_graphs(MODEL))
    with pytest.raises(ModelError, match=f"cannot be loaded by ONNX Runtime {onnxruntime.__version__}"):
        OnnxEngine((lower, upper[:5000]), 16)
    with pytest.raises(ModelError, match=r"does not hold the graphs.*lower\.onnx"):
        read_graphs(tmp_path)


GOLD = predict_documents(KERAS, [Document(d.id, d.text) for d in DOCUMENTS], EXAMPLES, MODEL.schema, Thresholds())
"""Documents of which the model itself is right about everything."""


def test_an_exported_graph_is_checked_and_used(folder):
    check = export_onnx(folder, KERAS, GOLD)
    assert check.precision == "fp32" and check.difference < 1e-5 and check.f1_before == check.f1_after == 1.0
    extractor = Extractor.load(folder)
    for document, found in zip(GOLD, extractor.batch(d.text for d in GOLD), strict=True):
        assert [(e.start, e.end, e.type) for e in found] == [(e.start, e.end, e.type) for e in document.entities]
    assert any(document.entities for document in GOLD)


def test_int8_is_smaller_and_its_cost_is_known(folder):
    size = export_onnx(folder, KERAS, GOLD).megabytes
    check = export_onnx(folder, KERAS, GOLD, int8=True, calibration=DOCUMENTS, largest_loss=0.5)
    assert check.precision == "int8" and check.f1_before == 1.0 and 0.5 <= check.f1_after <= 1.0
    assert check.megabytes < 0.8 * size


def test_a_graph_that_differs_is_refused_and_nothing_is_written(folder, monkeypatch):
    other = replace(MODEL, tensors={name: tensor * 1.1 for name, tensor in MODEL.tensors.items()})
    with pytest.raises(ModelError, match=r"differ by .* nothing was written"):
        export_onnx(folder, keras_engine(keras_model(other)), GOLD)
    narrow = {name: channels * 1e-3 for name, channels in measure_ranges(MODEL, EXAMPLES).items()}
    monkeypatch.setattr(onnx_export, "measure_ranges", lambda *_: narrow)
    with pytest.raises(ModelError, match=r"int8 takes strict F1 from 1\.0000 to .* nothing was written"):
        export_onnx(folder, KERAS, GOLD, int8=True, calibration=GOLD)
    assert not (folder / ONNX).exists()


def test_an_export_needs_documents(folder):
    with pytest.raises(UserError, match="needs documents"):
        export_onnx(folder, KERAS, [])
    with pytest.raises(UserError, match="needs documents"):
        export_onnx(folder, KERAS, GOLD, int8=True)
