"""Narrower layers: what is not used goes, and the rest does what the whole did."""

import re
from dataclasses import replace

import numpy as np
import pytest

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.errors import ModelError, UsageError
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.model_files.bert_config import bert_config
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.model_files.pruning import fewer_heads, narrow_feed_forward
from bert_mrc_theseus.onnx_export.observation import measure_ranges, measure_squares
from tests.helpers.saved_models import bare_toys, differences, onnx_engine, probabilities_of, spread_model, word_model

MODELS = {"characters": spread_model, "words": word_model}


@pytest.fixture(params=MODELS)
def model(request) -> SavedModel:
    return MODELS[request.param]()


def with_dead(model: SavedModel, kernel: str, dead: np.ndarray) -> SavedModel:
    """The model without what some channels say: their columns of the kernels of this name, in all layers, are 0."""
    tensors = dict(model.tensors)
    for name in tensors:
        if re.fullmatch(kernel, name):
            tensors[name] = tensors[name].copy()
            tensors[name][:, dead] = 0.0
    return replace(model, tensors=tensors)


def squares_of(model: SavedModel) -> dict[str, np.ndarray]:
    return measure_squares(model, model.spec.examples(bare_toys()))


def assert_same(pruned: SavedModel, whole: SavedModel) -> None:
    """Both engines give of the pruned model what Keras gives of the whole one."""
    examples = whole.spec.examples(bare_toys())
    expected = probabilities_of(keras_engine(keras_model(whole)), examples)
    assert np.ptp(np.concatenate([found.ravel() for found in expected])) > 0.3, (
        "equal probabilities would prove nothing"
    )
    for engine in (keras_engine(keras_model(pruned)), onnx_engine(pruned)):
        assert differences(probabilities_of(engine, examples), expected).max() < 1e-4


def test_dead_channels_go_and_nothing_changes(model):
    size, words = model.spec.config.encoder.intermediate_size, model.spec.config.words
    dead = np.random.default_rng(0).permutation(size)[: size // 2]
    whole = with_dead(model, r"encoder\.layer\.\d\.output\.dense\.weight", dead)
    top = None
    if words is not None:
        whole = with_dead(whole, r"top\.layer\.\d\.output\.dense\.weight", np.arange(8))
        top = words.intermediate_size - 8
    pruned = narrow_feed_forward(whole, squares_of(whole), size - len(dead), top)
    assert pruned.spec.config.encoder.intermediate_size == size - len(dead)
    kernel = pruned.tensors["encoder.layer.1.intermediate.dense.weight"]
    stay = np.setdiff1d(np.arange(size), dead)
    np.testing.assert_array_equal(kernel, model.tensors["encoder.layer.1.intermediate.dense.weight"][stay])
    assert_same(pruned, whole)


def test_dead_heads_go_and_nothing_changes(model):
    whole = with_dead(model, r".*\.attention\.output\.dense\.weight", np.arange(8, 24))
    pruned = fewer_heads(whole, squares_of(whole), 2)
    encoder = pruned.spec.config.encoder
    assert (encoder.num_heads, encoder.size_of_head, encoder.attention_size) == (2, 8, 16)
    stay = np.r_[0:8, 24:32]
    for part in ("query", "key", "value"):
        name = f"encoder.layer.0.attention.self.{part}.bias"
        np.testing.assert_array_equal(pruned.tensors[name], model.tensors[name][stay])
    assert_same(pruned, whole)


def test_the_largest_terms_stay():
    """Importance is the kernel's column and the activation together: neither alone would choose these."""
    model = spread_model()
    name = "encoder.layer.0.output.dense"
    size = model.spec.config.encoder.intermediate_size
    columns, squares = np.ones(size), np.full(size, 1.0)
    columns[:3], squares[:3] = (10.0, 0.1, 1.0), (0.001, 1000.0, 2.0)  # terms: 0.1, 10, 2; the others 1
    kernel = np.zeros((model.spec.config.encoder.hidden_size, size), np.float32)
    kernel[0] = columns
    measured = {f"encoder.layer.{i}.output.dense": np.ones(size) for i in range(3)}
    pruned = narrow_feed_forward(
        replace(model, tensors={**model.tensors, f"{name}.weight": kernel}), {**measured, name: squares}, 2
    )
    np.testing.assert_allclose(pruned.tensors[f"{name}.weight"][0], [0.1, 1.0])


def test_a_pruned_model_is_saved_and_read_again(model, tmp_path):
    squares = squares_of(model)
    pruned = fewer_heads(narrow_feed_forward(model, squares, 7), squares, 3)
    save_model(tmp_path / "pruned", pruned)
    again = load_model(tmp_path / "pruned")
    assert again.spec.config == pruned.spec.config
    for name, tensor in pruned.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], tensor)
    assert again.tensors["encoder.layer.2.attention.output.dense.weight"].shape == (32, 24)


def test_all_that_is_there_may_stay_and_is_as_it_was(model, tmp_path):
    encoder = model.spec.config.encoder
    squares = squares_of(model)
    same = fewer_heads(narrow_feed_forward(model, squares, encoder.intermediate_size), squares, encoder.num_heads)
    assert same.spec == model.spec
    save_model(tmp_path / "same", same)
    assert '"head_size"' not in (tmp_path / "same/config.json").read_text(encoding="utf-8")


def test_more_than_there_is_cannot_stay():
    model = spread_model()
    with pytest.raises(UsageError, match=r"4 attention heads in a layer, of which 1 to 4 can stay\. Received: 5"):
        fewer_heads(model, {}, 5)
    with pytest.raises(UsageError, match="channels in a feed-forward of the encoder"):
        narrow_feed_forward(model, {}, 100_000)
    with pytest.raises(UsageError, match="reads characters alone"):
        narrow_feed_forward(model, {}, 8, 8)
    with pytest.raises(UsageError, match="above the encoder"):
        narrow_feed_forward(word_model(), {}, 8, 49)


def test_formats_of_other_projects_cannot_say_that_heads_were_pruned():
    model = spread_model()
    pruned = fewer_heads(model, squares_of(model), 3)
    with pytest.raises(ModelError, match=r"3 attention heads of 8 in 32: heads were pruned"):
        bert_config(pruned.spec.config.encoder)


def test_squares_lie_within_what_ranges_allow(model):
    examples = model.spec.examples(bare_toys())
    squares, ranges = measure_squares(model, examples), measure_ranges(model, examples)
    assert squares.keys() == ranges.keys()
    for name, sums in squares.items():
        largest = np.abs(ranges[name]).max(axis=0) ** 2
        assert (sums >= largest * 0.999).all(), name
        assert (sums < 1e5 * largest + 1e-9).all(), name
