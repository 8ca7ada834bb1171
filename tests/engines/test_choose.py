"""Which engine runs a model folder, and what `load_engine` gives."""

import pytest

from bert_mrc_theseus.engines.choose import choose_engine, load_engine
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.model_folder import WEIGHTS, save_model
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from tests.helpers.saved_models import bare_toys, differences, probabilities_of, spread_engine, spread_model


def test_the_engine_is_onnx_where_the_model_was_exported(tmp_path):
    folder = tmp_path / "model"
    save_model(folder, spread_model())
    assert choose_engine(folder) == choose_engine(folder, "keras") == "keras"
    with pytest.raises(ModelError, match="--to onnx"):
        choose_engine(folder, "onnx")
    write_graphs(folder, serialised(build_graphs(spread_model())))
    assert choose_engine(folder) == "onnx" and choose_engine(folder, "keras") == "keras"
    (folder / WEIGHTS).unlink()
    spec, engine = load_engine(folder)
    assert spec == spread_model().spec
    examples = spec.examples(bare_toys())
    expected = probabilities_of(spread_engine("keras"), examples)
    assert differences(probabilities_of(engine, examples), expected).max() < 1e-5
    with pytest.raises(UserError, match="one of auto, onnx, keras"):
        choose_engine(folder, "tensorrt")
