"""Exporting a model's graphs: they are checked against the model, and nothing is written that differs from it."""

from dataclasses import replace

import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.model_files.model_folder import ONNX, save_model
from bert_mrc_theseus.onnx_export import export
from bert_mrc_theseus.onnx_export.export import export_onnx
from bert_mrc_theseus.onnx_export.observation import measure_ranges
from tests.helpers.documents import toy_documents
from tests.helpers.saved_models import bare_toys, documents_of_spread_model, spread_engine, spread_model


@pytest.fixture
def folder(tmp_path):
    save_model(tmp_path / "model", spread_model())
    return tmp_path / "model"


@pytest.fixture
def truth():
    return spread_engine("keras")


@pytest.fixture
def gold():
    return documents_of_spread_model()


def test_an_exported_graph_is_checked_and_used(folder, truth, gold):
    check = export_onnx(folder, truth, gold)
    assert check.precision == "fp32" and check.difference < 1e-5 and check.f1_before == check.f1_after == 1.0
    extractor = Extractor.load(folder)
    for document, found in zip(gold, extractor.batch(d.text for d in gold), strict=True):
        assert [(e.start, e.end, e.type) for e in found] == [(e.start, e.end, e.type) for e in document.entities]
    assert any(document.entities for document in gold)


def test_int8_is_smaller_and_its_cost_is_known(folder, truth, gold):
    size = export_onnx(folder, truth, gold).megabytes
    # Far more loss is allowed than there may be, so that it is this test which judges.
    check = export_onnx(folder, truth, gold, int8=True, calibration=toy_documents(20, 4), largest_loss=1.0)
    assert check.precision == "int8" and check.f1_before == 1.0
    # One entity of 13 lost would be 0.96.
    assert 0.95 < check.f1_after <= 1.0 and 1e-4 < check.difference < 0.05
    assert check.megabytes < 0.8 * size
    written = sum(file.stat().st_size for file in (folder / ONNX).iterdir())
    assert written / 1e6 == pytest.approx(check.megabytes)


def test_a_graph_that_differs_is_refused_and_nothing_is_written(folder, truth, gold, monkeypatch):
    model = spread_model()
    other = replace(model, tensors={name: tensor * 1.1 for name, tensor in model.tensors.items()})
    with pytest.raises(ModelError, match=r"differ by .* nothing was written"):
        export_onnx(folder, keras_engine(keras_model(other)), gold)
    ranges = measure_ranges(model, model.spec.examples(bare_toys()))
    narrow = {name: channels * 1e-3 for name, channels in ranges.items()}
    monkeypatch.setattr(export, "measure_ranges", lambda *_: narrow)
    with pytest.raises(ModelError, match=r"int8 takes strict F1 from 1\.0000 to .* nothing was written"):
        export_onnx(folder, truth, gold, int8=True, calibration=gold)
    assert not (folder / ONNX).exists()


def test_an_export_needs_documents(folder, truth, gold):
    with pytest.raises(UserError, match="needs documents"):
        export_onnx(folder, truth, [])
    with pytest.raises(UserError, match="needs documents"):
        export_onnx(folder, truth, gold, int8=True)
