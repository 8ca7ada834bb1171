"""`bench cold-start` and `bench scaling`, which run the real command."""

import shutil

import pytest

from bert_mrc_theseus.bench.cold_start import bench_cold_start
from bert_mrc_theseus.bench.scaling import bench_scaling
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from tests.helpers.documents import TEXTS


def test_cold_start_and_scaling_run_the_real_command(trained, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(trained.run / "stage2" / "best", model)
    write_graphs(model, serialised(build_graphs(load_model(model))))
    (onnx, keras) = bench_cold_start(model, 1)["rows"]
    assert (onnx["engine"], keras["engine"]) == ("onnx", "keras") and onnx["memory"] < keras["memory"]
    rows = bench_scaling(None, TEXTS, (0.001, 0.01))["rows"]
    assert [row["documents"] % len(TEXTS) for row in rows] == [0, 0] and rows[0]["documents"] < rows[1]["documents"]
    with pytest.raises(UserError, match="failed with status 1"):
        bench_cold_start(tmp_path, 1)
