"""Hugging Face BERT folders: config.json, vocab.txt, model.safetensors."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.checkpoints.weights import EncoderConfig, EncoderWeights, expected_shapes
from bert_mrc_theseus.files import atomic_folder


def read_huggingface(folder: str | Path) -> EncoderWeights:
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tensors = {name.removeprefix("bert."): t for name, t in load_file(folder / "model.safetensors").items()}
    vocab = tuple((folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1])
    return EncoderWeights(
        EncoderConfig(
            config["vocab_size"], config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"],
            config["intermediate_size"], config["max_position_embeddings"], config["type_vocab_size"],
            config["layer_norm_eps"],
        ),
        vocab, tensors, str(folder),
    )  # fmt: skip


def write_huggingface(weights: EncoderWeights, folder: str | Path) -> None:
    c = weights.config
    config = {
        "model_type": "bert", "architectures": ["BertModel"], "vocab_size": c.vocab_size, "hidden_size": c.hidden_size,
        "num_hidden_layers": c.num_layers, "num_attention_heads": c.num_heads, "intermediate_size": c.intermediate_size,
        "max_position_embeddings": c.max_positions, "type_vocab_size": c.type_vocab_size,
        "layer_norm_eps": c.layer_norm_eps, "hidden_act": "gelu", "hidden_dropout_prob": c.hidden_dropout,
        "attention_probs_dropout_prob": c.attention_dropout, "pad_token_id": 0,
    }  # fmt: skip
    with atomic_folder(folder) as new:
        (new / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        (new / "vocab.txt").write_text("".join(f"{e}\n" for e in weights.vocab), encoding="utf-8", newline="\n")
        save_file({n: np.ascontiguousarray(weights.tensors[n]) for n in expected_shapes(c)}, new / "model.safetensors")
