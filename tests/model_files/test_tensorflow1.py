"""Checkpoints of TensorFlow 1: Google's, and those of the original project."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.encoder_weights import LAYER_TENSORS, layer_tensor
from bert_mrc_theseus.model_files.encoders import load_encoder
from bert_mrc_theseus.model_files.tensorflow1 import PREFIX, write_tensorflow
from tests.helpers.models import assert_same_encoder, make_weights


def save(prefix, variables):
    """A name-based checkpoint, as TF1's Saver writes it."""
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(variables),
        shape_and_slices=[""] * len(variables),
        tensors=[tf.constant(value) for value in variables.values()],
    )


def variables_of(folder):
    reader = tf.train.load_checkpoint(str(folder))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def test_written_and_read_back(weights, tmp_path):
    write_tensorflow(weights, tmp_path / "google")
    assert_same_encoder(load_encoder(tmp_path / "google"), weights)
    assert_same_encoder(load_encoder(tmp_path / "google" / PREFIX), weights)


def test_names_and_orientation_are_those_of_google(weights, tmp_path):
    write_tensorflow(weights, tmp_path / "google")
    found = variables_of(tmp_path / "google")
    assert found["bert/encoder/layer_1/intermediate/dense/kernel"].shape == (16, 32)
    assert found["bert/embeddings/word_embeddings"].shape == (weights.config.vocab_size, 16)
    np.testing.assert_array_equal(
        found["bert/encoder/layer_0/attention/self/query/kernel"],
        weights.tensors["encoder.layer.0.attention.self.query.weight"].T,
    )
    assert "bert/encoder/layer_0/attention/output/LayerNorm/gamma" in found
    assert len(found) == len(weights.tensors)


@pytest.fixture
def theseus_checkpoint(tmp_path):
    """A checkpoint of the original project: a 4-layer predecessor, a 2-layer successor, heads, optimizer slots."""
    predecessor, successor = make_weights(layers=4), make_weights(layers=2, seed=7)
    write_tensorflow(predecessor, tmp_path / "original")
    write_tensorflow(successor, tmp_path / "other")
    variables = variables_of(tmp_path / "original")
    for name, value in variables_of(tmp_path / "other").items():
        if "/layer_" in name:
            variables[name.replace("/layer_", "/suc_layer_")] = value
            variables[name.replace("/layer_", "/suc_layer_") + "/adam_m"] = np.zeros_like(value)
    variables["start_logits/kernel"] = np.zeros((16, 1), np.float32)
    for file in (tmp_path / "original").glob(f"{PREFIX}*"):
        file.unlink()
    (tmp_path / "original" / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-900"\n')
    save(tmp_path / "original" / "model.ckpt-300", {"bert/embeddings/word_embeddings": np.zeros((2, 2), np.float32)})
    save(tmp_path / "original" / "model.ckpt-900", variables)
    return tmp_path / "original", predecessor, successor


def test_an_original_checkpoint_gives_its_successor(theseus_checkpoint):
    folder, predecessor, successor = theseus_checkpoint
    read = load_encoder(folder)
    assert read.config.num_layers == 2
    for name in LAYER_TENSORS:
        np.testing.assert_array_equal(read.tensors[layer_tensor(1, name)], successor.tensors[layer_tensor(1, name)])
    # Theseus freezes the embeddings: the successor's are the predecessor's.
    name = "embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(read.tensors[name], predecessor.tensors[name])


def test_the_predecessor_of_an_original_checkpoint_can_be_asked_for(theseus_checkpoint):
    folder, predecessor, _ = theseus_checkpoint
    assert_same_encoder(load_encoder(f"{folder}#predecessor"), predecessor)


def test_a_branch_that_is_not_there(weights, tmp_path):
    write_tensorflow(weights, tmp_path / "google")
    with pytest.raises(ModelError, match="no branch 'successor'; it has: predecessor"):
        load_encoder(f"{tmp_path / 'google'}#successor")


def test_several_checkpoints_need_a_choice(theseus_checkpoint):
    folder, _, _ = theseus_checkpoint
    (folder / "checkpoint").unlink()
    with pytest.raises(ModelError, match="2 checkpoints"):
        load_encoder(folder)
    assert load_encoder(folder / "model.ckpt-900").config.num_layers == 2


def test_missing_variables_and_files_are_named(theseus_checkpoint):
    folder, _, _ = theseus_checkpoint
    with pytest.raises(ModelError, match="no layers at all"):
        load_encoder(folder / "model.ckpt-300")
    variables = variables_of(folder)
    del variables["bert/encoder/suc_layer_1/output/dense/bias"]
    save(folder / "model.ckpt-900", variables)
    with pytest.raises(ModelError, match="suc_layer_1/output/dense/bias' is missing"):
        load_encoder(folder)
    (folder / "bert_config.json").unlink()
    with pytest.raises(ModelError, match=r"bert_config\.json is missing"):
        load_encoder(f"{folder}#predecessor")


def test_a_torn_checkpoint_is_reported(weights, tmp_path):
    write_tensorflow(weights, tmp_path / "google")
    index = tmp_path / "google" / f"{PREFIX}.index"
    index.write_bytes(index.read_bytes()[:40])
    with pytest.raises(ModelError, match="cannot be read"):
        load_encoder(tmp_path / "google")
    shutil.rmtree(tmp_path / "google")


def test_a_checkpoint_whose_data_are_cut_off_or_absent_is_named(weights, tmp_path):
    """As broken downloads leave them."""
    write_tensorflow(weights, tmp_path / "google")
    (data,) = (tmp_path / "google").glob(f"{PREFIX}.data-*")
    content = data.read_bytes()
    for kept in (0, 1, 100, len(content) // 2, len(content) - 1):
        data.write_bytes(content[:kept])
        with pytest.raises(ModelError, match=r"bert_model\.ckpt.*cannot be read"):
            load_encoder(tmp_path / "google")
    data.write_bytes(b"\0" * len(content))
    with pytest.raises(ModelError, match=r"bert_model\.ckpt.*cannot be read"):
        load_encoder(tmp_path / "google")
    data.unlink()
    with pytest.raises(ModelError, match=r"bert_model\.ckpt.*cannot be read"):
        load_encoder(tmp_path / "google")


@pytest.mark.parametrize("part", ["index", "data-00000-of-00001"])
def test_a_part_that_is_no_regular_file_is_not_waited_for(weights, tmp_path, part):
    write_tensorflow(weights, tmp_path / "google")
    path = tmp_path / "google" / f"{PREFIX}.{part}"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ModelError, match=f"{part} is no regular file"):
        load_encoder(tmp_path / "google")


def test_a_state_file_that_is_not_text(weights, tmp_path):
    write_tensorflow(weights, tmp_path / "google")
    (tmp_path / "google" / "checkpoint").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="checkpoint is not UTF-8"):
        load_encoder(tmp_path / "google")


def test_variables_of_other_shapes_and_kinds_are_named(weights, tmp_path):
    write_tensorflow(weights, tmp_path / "google")
    variables = variables_of(tmp_path / "google")
    name = "bert/embeddings/LayerNorm/beta"
    for value, message in (
        (np.zeros((3, 3), np.float32), "has shape"),
        (np.array(["x"] * 16), "cannot be read"),
        (np.full(16, np.inf, np.float32), "not finite"),
    ):
        save(tmp_path / "google" / PREFIX, {**variables, name: value})
        with pytest.raises(ModelError, match=message):
            load_encoder(tmp_path / "google")
