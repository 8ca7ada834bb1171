"""The ONNX engine beside the Keras engine: the same model, the same results."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus import Extractor, onnx_export
from bert_mrc_theseus.decoding import Thresholds
from bert_mrc_theseus.documents import Document
from bert_mrc_theseus.engines import choose_engine, load_engine
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.examples import WindowSize, build_examples
from bert_mrc_theseus.inference import predict_documents
from bert_mrc_theseus.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.model import export_tensors, predecessor_from
from bert_mrc_theseus.model_folder import ONNX, WEIGHTS, SavedModel, save_model
from bert_mrc_theseus.onnx_engine import onnx_engine
from bert_mrc_theseus.onnx_export import export_onnx, measure_ranges
from bert_mrc_theseus.onnx_graph import build_graph, quantisation, quantise_rows, smoothing
from bert_mrc_theseus.schema import EntityType, Schema
from bert_mrc_theseus.tokenizer import Tokenizer
from tests.conftest import make_weights, toy_documents
from tests.test_model import batch_of


def saved_model() -> SavedModel:
    weights = make_weights(layers=3, hidden=32, heads=4)
    tensors = export_tensors(predecessor_from(weights).named_weights())
    # Large heads spread the probabilities over (0, 1).
    tensors["heads.span.weight"] = np.random.default_rng(5).standard_normal((2, 32)).astype(np.float32)
    return SavedModel(weights.config, weights.vocab, Schema((EntityType("PER", "人名"),)), tensors, WindowSize(60, 8))


MODEL = saved_model()
DOCUMENTS = toy_documents(20, 4)
EXAMPLES = build_examples(
    [Document(d.id, d.text) for d in DOCUMENTS], MODEL.schema, Tokenizer(MODEL.vocab), MODEL.window, 128
)
KERAS = keras_engine(keras_model(MODEL))
FLOAT = onnx_engine(build_graph(MODEL).SerializeToString())
INT8 = onnx_engine(build_graph(MODEL, measure_ranges(MODEL, EXAMPLES)).SerializeToString())


@given(st.lists(st.integers(6, 40), min_size=1, max_size=6), st.integers(3, 5))
def test_probabilities_equal_those_of_keras(lengths, query_length):
    batch = batch_of(lengths, query_length)
    expected, found = KERAS(batch), FLOAT(batch)
    assert found.shape == expected.shape and found.dtype == np.float32
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(found[row, :length], expected[row, :length], atol=1e-5)


def test_int8_is_near():
    batch = batch_of([40, 30, 12, 7])
    expected, found = KERAS(batch), INT8(batch)
    differences = np.concatenate(
        [np.abs(found[r, :n] - expected[r, :n]).ravel() for r, n in enumerate(batch["lengths"])]
    )
    assert 0.0 < differences.max() < 0.15 and differences.mean() < 0.01
    assert np.ptp(expected) > 0.5, "probabilities that are all alike would prove nothing"


@pytest.mark.parametrize("engine", [FLOAT, INT8])
def test_a_text_does_not_depend_on_its_batch_mates(engine):
    together = engine(batch_of([25, 40, 9]))
    for row, length in enumerate((25, 40, 9)):
        batch = {name: values[row : row + 1] for name, values in batch_of([25, 40, 9]).items()}
        np.testing.assert_allclose(engine(batch)[0, :length], together[row, :length], atol=1e-6)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_quantisation_covers_its_range(a, b):
    low, high = min(a, b), max(a, b)
    scale, zero = quantisation(low, high)
    for value in (low, 0.0, high):
        stored = np.clip(np.round(value / scale) + zero, 0, 255)
        assert abs((stored - zero) * scale - value) <= 1.01 * scale


def test_smoothing_changes_no_product_and_helps_where_a_channel_is_large():
    random = np.random.default_rng(2)
    x, kernel = random.standard_normal((50, 12)), random.standard_normal((5, 12)).astype(np.float32)
    x[:, 3] *= 100.0
    x[:, 4] = 0.0
    kernel[:, 5] = 0.0
    factors = smoothing(np.stack([x.min(axis=0), x.max(axis=0)]), kernel)
    np.testing.assert_allclose((x / factors) @ (kernel * factors).T, x @ kernel.T, rtol=1e-5)

    def error(inputs, weights):
        scale, zero = quantisation(inputs.min(), inputs.max())
        stored = (np.clip(np.round(inputs / scale) + zero, 0, 255) - zero) * scale
        values, scales = quantise_rows(weights)
        return np.abs(stored @ (values * scales[:, None]).T - x @ kernel.T).mean()

    assert error(x / factors, kernel * factors) < 0.5 * error(x, kernel)


@given(st.integers(1, 9), st.integers(1, 9))
def test_quantised_rows_are_within_half_a_step(rows, columns):
    kernel = np.random.default_rng(rows * 10 + columns).standard_normal((rows, columns)).astype(np.float32)
    kernel[0] = 0.0
    values, scale = quantise_rows(kernel)
    assert values.dtype == np.int8 and np.abs(values.astype(int)).max() <= 127
    assert (np.abs(values * scale[:, None] - kernel) <= 0.5001 * scale[:, None]).all()


@pytest.fixture
def folder(tmp_path):
    save_model(tmp_path / "model", MODEL)
    return tmp_path / "model"


def test_the_engine_is_onnx_where_the_model_was_exported(folder):
    assert choose_engine(folder) == choose_engine(folder, "keras") == "keras"
    with pytest.raises(ModelError, match="--to onnx"):
        choose_engine(folder, "onnx")
    (folder / ONNX).write_bytes(build_graph(MODEL).SerializeToString())
    assert choose_engine(folder) == "onnx" and choose_engine(folder, "keras") == "keras"
    (folder / WEIGHTS).unlink()
    model, engine = load_engine(folder)
    assert model.schema == MODEL.schema and not model.tensors
    batch = batch_of([9])
    np.testing.assert_allclose(engine(batch), KERAS(batch), atol=1e-5)
    with pytest.raises(UserError, match="one of auto, onnx, keras"):
        choose_engine(folder, "tensorrt")


def test_a_damaged_graph_is_reported(tmp_path):
    (tmp_path / ONNX).write_bytes(build_graph(MODEL).SerializeToString()[:5000])
    with pytest.raises(ModelError, match=f"cannot be loaded by ONNX Runtime {onnxruntime.__version__}"):
        onnx_engine(tmp_path / ONNX)


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
