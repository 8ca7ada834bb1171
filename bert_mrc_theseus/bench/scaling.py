"""`bench scaling`: does time grow with the input, and memory not?"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.bench.measured_process import predict_command, run_measured
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.model_files.encoder_weights import expected_shapes
from bert_mrc_theseus.model_files.model_config import EncoderConfig, ModelConfig
from bert_mrc_theseus.model_files.model_folder import save_model
from bert_mrc_theseus.model_files.model_spec import ModelSpec, SavedModel
from bert_mrc_theseus.mrc.tokenizer import CLS, PAD, SEP, UNK
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.schema import EntityType, Schema


def tiny_model(folder: Path, texts: Sequence[str]) -> None:
    """Writes a random model of one narrow layer and two types, exported: with it the pipeline's own cost shows."""
    vocab = (PAD, UNK, CLS, SEP, *sorted({char for text in texts for char in text}))
    config = EncoderConfig(len(vocab), 32, 1, 4, 64, 512)
    random = np.random.default_rng(0)
    shapes = {**expected_shapes(config), "heads.span.weight": (2, 32), "heads.span.bias": (2,)}
    tensors = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    schema = Schema((EntityType("PER", "人名"), EntityType("LOC", "地名")))
    model = SavedModel(ModelSpec(ModelConfig(config), vocab, schema), tensors)
    save_model(folder, model)
    write_graphs(folder, serialised(build_graphs(model)))


def bench_scaling(model: Path | None, texts: Sequence[str], megabytes: Sequence[float]) -> dict[str, Any]:
    """Runs `predict` on text files of several sizes.

    Args:
        model: model folder; None for `tiny_model`.
        texts: sentences, repeated until a file is full.
        megabytes: sizes of the files, in UTF-8.

    Returns:
        `{"machine", "rows"}`, a row a size: seconds, MB a second, peak memory in MB.
    """
    block = "".join(f"{text}\n" for text in texts).encode("utf-8")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        used = model or Path(folder) / "tiny"
        if model is None:
            tiny_model(used, texts)
        for size in megabytes:
            path, out = Path(folder) / "text.txt", Path(folder) / "out.jsonl"
            wanted = int(size * 1e6)
            with open(path, "wb") as stream:
                while stream.tell() < wanted:
                    stream.write(block)
            written = path.stat().st_size / 1e6
            seconds, memory = run_measured(predict_command(used, str(path), "-o", str(out)))
            with open(out, "rb") as stream:
                lines = sum(1 for _ in stream)
            rows.append(
                {
                    "megabytes": round(written, 3),
                    "documents": lines,
                    "seconds": round(seconds, 2),
                    "megabytes_per_second": round(written / seconds, 4),
                    "memory": round(memory, 1),
                }
            )
    return {"machine": describe_machine(), "model": "tiny" if model is None else str(model), "rows": rows}
