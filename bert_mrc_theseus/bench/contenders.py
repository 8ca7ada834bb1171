"""What is compared: the same saved model on different engines."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.engines.engine import BatchEngine, Engine
from bert_mrc_theseus.engines.thread_pool import available_cores
from bert_mrc_theseus.model_files.model_folder import ONNX, load_model, load_spec
from bert_mrc_theseus.mrc.batch_types import PairBatch

TORCH_BUDGET = 2048
"""Tokens of a batch: 32 texts of 64, a usual choice."""


def _keras(folder: Path) -> Engine:
    return load_engine(folder, "keras")[1]


def _onnx(folder: Path) -> Engine:
    from bert_mrc_theseus.onnx_export.graphs import engine_of

    return engine_of(load_model(folder))


def _onnx_int8(folder: Path) -> Engine:
    return load_engine(folder, "onnx")[1]


def _torch(folder: Path, bfloat16: bool = False) -> Engine:
    import torch

    from bert_mrc_theseus.bench.torch_model import torch_inputs, torch_model

    torch.set_num_threads(available_cores())
    model = load_model(folder)
    bert, heads = torch_model(model)
    if bfloat16:
        bert, heads = bert.bfloat16(), heads.bfloat16()

    def run(batch: PairBatch) -> np.ndarray:
        with torch.inference_mode():
            hidden = bert(**torch_inputs(batch, model.spec.config.shared.position)).last_hidden_state
            return torch.sigmoid(heads(hidden)).float().numpy()

    return BatchEngine(run, budget=TORCH_BUDGET)


def _torch_bfloat16(folder: Path) -> Engine:
    return _torch(folder, bfloat16=True)


CONTENDERS: dict[str, Callable[[Path], Engine]] = {
    "keras fp32": _keras,
    "onnx fp32": _onnx,
    "onnx int8": _onnx_int8,
    "torch fp32": _torch,
    "torch bf16": _torch_bfloat16,
}
NEEDS = {"keras": ("tensorflow", "keras"), "onnx": ("onnx", "onnxruntime"), "torch": ("torch", "transformers")}


def missing_for(name: str, folder: Path) -> str:
    """Why a contender cannot run; empty if it can."""
    if name.startswith("torch") and load_spec(folder).config.shares_all:
        return f"{folder} reads query and context apart, which the PyTorch model does not"
    absent = not_installed(name)
    if absent:
        return absent
    if name == "onnx int8" and not (folder / ONNX).is_dir():
        return f"{folder} has no {ONNX}: bert-mrc-theseus export {folder} --to onnx --int8"
    return ""


def not_installed(name: str) -> str:
    """The libraries that a contender needs and that are absent; empty if all are there."""
    absent = [module for module in NEEDS[name.partition(" ")[0]] if find_spec(module) is None]
    return f"{', '.join(absent)} not installed: pip install 'bert-mrc-theseus[bench]'" if absent else ""
