"""Which layers of the predecessor a successor's layer stands for, and starts from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.model_files.successor import group_layers, initial_successor
from tests.helpers.models import make_weights

LAYERS, MODULES = 4, 2


@given(st.integers(1, 40), st.data())
def test_groups_are_consecutive_and_even(layers, data):
    modules = data.draw(st.integers(1, layers))
    groups = group_layers(layers, modules)
    assert [i for group in groups for i in group] == list(range(layers))
    assert max(map(len, groups)) - min(map(len, groups)) <= 1 and len(groups) == modules


@pytest.mark.parametrize("layers, modules", [(4, 5), (4, 0)])
def test_groups_need_at_least_a_layer_each(layers, modules):
    with pytest.raises(ValueError, match="modules"):
        group_layers(layers, modules)


@pytest.mark.parametrize("how, sources", [("first", [[0], [1]]), ("spaced", [[1], [3]]), ("mean", [[0, 1], [2, 3]])])
def test_successor_layers_start_from_the_predecessors(how, sources):
    tensors = make_weights(layers=LAYERS).tensors
    start = initial_successor(tensors, LAYERS, MODULES, how)
    for i, source in enumerate(sources):
        expected = np.mean([tensors[f"encoder.layer.{j}.output.dense.weight"] for j in source], axis=0)
        np.testing.assert_allclose(start[f"encoder.layer.{i}.output.dense.weight"], expected, atol=1e-7)
