"""Encoders of Hugging Face, read and written, and hidden states equal to its BertModel's."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model_files.encoders import load_encoder
from bert_mrc_theseus.model_files.huggingface import INDEX, WEIGHTS, read_huggingface, write_huggingface
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.mrc.batch_types import PairBatch, Tokens
from tests.helpers.models import assert_same_encoder, make_pieces, make_weights

PARITY = Path(__file__).parents[1] / "fixtures" / "parity"


def test_hidden_states_equal_those_of_hugging_face():
    expected = load_file(PARITY / "expected.safetensors")
    encoder = load_encoder(str(PARITY))
    for row, length in enumerate(expected["lengths"]):
        # BERT's own positions: the context right after the query.
        shared = SharedContext(position=int(expected["query_lengths"][row]))
        token_ids, query_lengths, lengths = (
            expected[name][row : row + 1] for name in ("token_ids", "query_lengths", "lengths")
        )
        output = predecessor_from(encoder, shared).forward(PairBatch(Tokens(token_ids), query_lengths, lengths))
        states = [output.embedded, *output.states]
        assert len(states) == len(expected["hidden_states"])
        for ours, theirs in zip(states, expected["hidden_states"], strict=True):
            np.testing.assert_allclose(ops.convert_to_numpy(ours)[0, :length], theirs[row, :length], atol=1e-4)


def test_written_and_read_back(weights, tmp_path):
    write_huggingface(weights, tmp_path / "bert")
    assert_same_encoder(read_huggingface(tmp_path / "bert"), weights)


def test_pieces_are_written_and_read_back(tmp_path):
    encoder = replace(make_weights(hidden=32), pieces=make_pieces(32))
    write_huggingface(encoder, tmp_path / "bert")
    assert_same_encoder(read_huggingface(tmp_path / "bert"), encoder)
    write_huggingface(replace(encoder, pieces=None), tmp_path / "bert")
    assert read_huggingface(tmp_path / "bert").pieces is None


def test_pieces_of_another_width_are_refused():
    with pytest.raises(ModelError, match="not of the same model"):
        replace(make_weights(hidden=16), pieces=make_pieces(32))


def test_sharded_prefixed_and_old_names(weights, tmp_path):
    folder = tmp_path / "bert"
    write_huggingface(weights, folder)
    (folder / WEIGHTS).unlink()
    old = {}
    for name, tensor in weights.tensors.items():
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        old["bert." + name] = tensor
    old["cls.predictions.bias"] = np.zeros(3, np.float32)
    names = sorted(old)
    shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, part in shards.items():
        save_file({name: old[name] for name in part}, folder / file)
    index = {"weight_map": {name: file for file, part in shards.items() for name in part}}
    (folder / INDEX).write_text(json.dumps(index))
    assert_same_encoder(read_huggingface(folder), weights)
    (folder / "b.safetensors").unlink()
    with pytest.raises(ModelError, match=r"b\.safetensors"):
        read_huggingface(folder)


def test_half_precision_is_widened(weights, tmp_path):
    folder = tmp_path / "bert"
    write_huggingface(weights, folder)
    save_file({name: tensor.astype(np.float16) for name, tensor in weights.tensors.items()}, folder / WEIGHTS)
    for name, tensor in read_huggingface(folder).tensors.items():
        assert tensor.dtype == np.float32
        np.testing.assert_allclose(tensor, weights.tensors[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_act": "gelu_new"}, "gelu_new"),
        ({"model_type": "roberta"}, "roberta"),
        ({"position_embedding_type": "relative_key"}, "relative_key"),
        ({"num_hidden_layers": 3}, r"encoder\.layer\.2.*missing"),
        ({"vocab_size": 10}, "not of the same model"),
        ({"intermediate_size": 48}, "shape"),
        ({"num_attention_heads": 3}, "multiple"),
        ({"hidden_size": None}, "cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused(weights, tmp_path, change, message):
    write_huggingface(weights, tmp_path / "bert")
    path = tmp_path / "bert" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=message):
        read_huggingface(tmp_path / "bert")


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", WEIGHTS])
def test_a_missing_file_is_named(weights, tmp_path, name):
    write_huggingface(weights, tmp_path / "bert")
    (tmp_path / "bert" / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        read_huggingface(tmp_path / "bert")


def test_a_pickle_is_never_read(weights, tmp_path):
    write_huggingface(weights, tmp_path / "bert")
    (tmp_path / "bert" / WEIGHTS).rename(tmp_path / "bert" / "pytorch_model.bin")
    with pytest.raises(ModelError, match="safe_serialization"):
        read_huggingface(tmp_path / "bert")


def test_a_torn_file_is_reported(weights, tmp_path):
    write_huggingface(weights, tmp_path / "bert")
    path = tmp_path / "bert" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be read"):
        read_huggingface(tmp_path / "bert")


def test_bfloat16_is_widened(weights, tmp_path):
    """The upper half of a float32, as most new models are stored."""
    folder = tmp_path / "bert"
    write_huggingface(weights, folder)
    # By hand: NumPy has no such type.
    header, data = {}, b""
    for name, tensor in weights.tensors.items():
        half = (tensor.view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": tensor.shape, "data_offsets": [len(data), len(data) + len(half)]}
        data += half
    text = json.dumps(header).encode()
    (folder / WEIGHTS).write_bytes(len(text).to_bytes(8, "little") + text + data)
    for name, tensor in read_huggingface(folder).tensors.items():
        expected = (weights.tensors[name].view(np.uint32) & 0xFFFF0000).view(np.float32)
        assert tensor.dtype == np.float32
        np.testing.assert_array_equal(tensor, expected)


def test_weights_of_other_kinds_are_named(weights, tmp_path):
    folder = tmp_path / "bert"
    write_huggingface(weights, folder)
    name = "embeddings.LayerNorm.bias"
    for value, message in (
        (weights.tensors[name].astype(np.int8), "is stored as I8"),
        (np.full_like(weights.tensors[name], np.nan), "not finite"),
        (weights.tensors[name].astype(np.float64), None),
    ):
        save_file({**weights.tensors, name: value, "position_ids": np.arange(3)}, folder / WEIGHTS)
        if message is None:
            assert_same_encoder(read_huggingface(folder), weights)
            continue
        with pytest.raises(ModelError, match=f"{name}.*{message}"):
            read_huggingface(folder)


SIZES = (
    "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings",
    "type_vocab_size",
)  # fmt: skip


@pytest.mark.parametrize("value", [0, -1, 10**9, 10**400, "12", 2.5, True, None, [2], float("nan")])
@pytest.mark.parametrize("name", [*SIZES, "layer_norm_eps"])
def test_sizes_that_make_no_sense_are_refused_at_once(weights, tmp_path, name, value):
    if name == "layer_norm_eps" and value == 0:
        pytest.skip("a size of 0 is none, an epsilon of 0 is one")
    write_huggingface(weights, tmp_path / "bert")
    path = tmp_path / "bert" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    with pytest.raises(ModelError, match="cannot be read as a BERT config"):
        read_huggingface(tmp_path / "bert")


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "[" * 100_000, '"x"'])
def test_a_config_that_is_no_object(weights, tmp_path, content):
    write_huggingface(weights, tmp_path / "bert")
    (tmp_path / "bert" / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"bert/config\.json"):
        read_huggingface(tmp_path / "bert")


@pytest.mark.parametrize(
    "index",
    ["[]", "null", "{", "{}", '{"weight_map": null}', '{"weight_map": []}', '{"weight_map": {"a": 1}}',
     '{"weight_map": {"a": null}}', '{"weight_map": {"a": ["b"]}}', '{"weight_map": {"a": "../outside.safetensors"}}',
     '{"weight_map": {"a": "OUTSIDE"}}', '{"weight_map": {"a": "x/../../outside.safetensors"}}', '{"weight_map": {"a": ""}}',
     '{"weight_map": {"a": ".."}}', '{"weight_map": {"a": "."}}', '{"weight_map": {"a": "c:\\\\x.safetensors"}}',
     '{"weight_map": {"a": "no.safetensors"}}', '{"weight_map": {"a": "\\u0000"}}'],
)  # fmt: skip
def test_an_index_names_files_of_its_folder_alone(weights, tmp_path, index):
    folder = tmp_path / "bert"
    write_huggingface(weights, folder)
    (folder / WEIGHTS).rename(tmp_path / "outside.safetensors")
    (folder / INDEX).write_text(index.replace("OUTSIDE", str(tmp_path / "outside.safetensors")))
    with pytest.raises(ModelError, match=str(folder)):
        read_huggingface(folder)


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", WEIGHTS])
@pytest.mark.parametrize("kind", ["fifo", "device", "folder"])
def test_what_is_no_regular_file_is_not_waited_for(weights, tmp_path, name, kind):
    write_huggingface(weights, tmp_path / "bert")
    path = tmp_path / "bert" / name
    path.unlink()
    {"fifo": os.mkfifo, "device": lambda p: p.symlink_to("/dev/zero"), "folder": Path.mkdir}[kind](path)
    with pytest.raises(ModelError, match=f"{name} is no regular file"):
        load_encoder(tmp_path / "bert")


def test_a_vocabulary_that_is_not_utf8(weights, tmp_path):
    write_huggingface(weights, tmp_path / "bert")
    (tmp_path / "bert" / "vocab.txt").write_bytes("[PAD]\n北京\n".encode("gb18030"))
    with pytest.raises(ModelError, match=r"vocab\.txt is not UTF-8 \(byte 6\)"):
        read_huggingface(tmp_path / "bert")
