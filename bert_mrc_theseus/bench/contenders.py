"""What is compared: the same saved model on different engines."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bert_mrc_theseus.inference import Engine
from bert_mrc_theseus.model_folder import ONNX, SavedModel, load_model
from bert_mrc_theseus.onnx_engine import available_cores, onnx_engine


def _keras(folder: Path) -> Engine:
    from bert_mrc_theseus.keras_engine import keras_engine, keras_model

    return keras_engine(keras_model(load_model(folder)))


def _onnx(folder: Path) -> Engine:
    from bert_mrc_theseus.onnx_graph import build_graph

    return onnx_engine(build_graph(load_model(folder)).SerializeToString())


def _onnx_int8(folder: Path) -> Engine:
    return onnx_engine(folder / ONNX)


def _torch(folder: Path, bfloat16: bool = False) -> Engine:
    """Hugging Face's BertModel with the heads on top, as a user of transformers would run it."""
    import torch
    from transformers import BertConfig, BertModel

    model: SavedModel = load_model(folder)
    shape = model.encoder
    torch.set_num_threads(available_cores())
    config = BertConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.num_layers,
        num_attention_heads=shape.num_heads,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=shape.max_positions,
        type_vocab_size=shape.type_vocab_size,
        layer_norm_eps=shape.layer_norm_eps,
    )
    bert = BertModel(config, add_pooling_layer=False).eval()
    tensors = {name: torch.from_numpy(np.array(tensor)) for name, tensor in model.tensors.items()}
    heads = torch.nn.Linear(shape.hidden_size, 2)
    with torch.no_grad():
        heads.weight.copy_(tensors.pop("heads.span.weight"))
        heads.bias.copy_(tensors.pop("heads.span.bias"))
    bert.load_state_dict(tensors)
    if bfloat16:
        bert, heads = bert.bfloat16(), heads.bfloat16()

    def run(batch: dict[str, np.ndarray]) -> np.ndarray:
        token_ids, query, lengths = (
            torch.from_numpy(batch[name]).long() for name in ("token_ids", "query_lengths", "lengths")
        )
        places = torch.arange(token_ids.shape[1])
        valid = places < lengths[:, None]
        types = (places >= query[:, None]) & valid
        with torch.inference_mode():
            hidden = bert(input_ids=token_ids, token_type_ids=types.long(), attention_mask=valid.long())
            return torch.sigmoid(heads(hidden.last_hidden_state)).float().numpy()

    return Engine(run)


def _torch_bfloat16(folder: Path) -> Engine:
    return _torch(folder, bfloat16=True)


CONTENDERS: dict[str, Callable[[Path], Engine]] = {
    "keras fp32": _keras,
    "onnx fp32": _onnx,
    "onnx int8": _onnx_int8,
    "torch fp32": _torch,
    "torch bf16": _torch_bfloat16,
}
_NEEDS = {"keras": ("tensorflow", "keras"), "onnx": ("onnx", "onnxruntime"), "torch": ("torch", "transformers")}


def missing_for(name: str, folder: Path) -> str:
    """Why a contender cannot run; empty if it can."""
    absent = [module for module in _NEEDS[name.partition(" ")[0]] if find_spec(module) is None]
    if absent:
        return f"{', '.join(absent)} not installed: pip install 'bert-mrc-theseus[bench]'"
    if name == "onnx int8" and not (folder / ONNX).is_file():
        return f"{folder} has no {ONNX}: bert-mrc-theseus export {folder} --to onnx --int8"
    return ""
