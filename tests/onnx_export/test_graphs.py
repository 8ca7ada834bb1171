"""What graphs are built of; that they do what the model does is tested in engines/test_onnx_engine.py."""

import pytest

from bert_mrc_theseus.onnx_export.graphs import build_graphs
from tests.helpers.saved_models import spread_model


def test_a_graph_cannot_be_split_above_what_is_shared():
    with pytest.raises(ValueError, match="0 to 0 layers"):
        build_graphs(spread_model(), split=1)
