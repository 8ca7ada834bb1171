"""The mean of several models' weights: one model, as fast as each of them.

Models that were fine-tuned from the same start lie close enough for the mean of their weights to work, often better than the
best of them (Izmailov et al., 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"; Wortsman et al., 2022,
"Model soups", section 2). Models that were not give a mean that finds nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model_files.model_folder import WEIGHTS, load_model
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.model_files.training_record import TrainingRecord
from bert_mrc_theseus.provenance import command_line


def average_models(folders: Sequence[Path]) -> SavedModel:
    """A model whose every tensor is the mean of theirs, with default thresholds.

    Args:
        folders: model folders.

    Raises:
        ModelError: the models differ in anything but weights and thresholds.
    """
    first, *others = (load_model(folder) for folder in folders)
    for folder, other in zip(folders[1:], others, strict=True):
        if _shape(other) != _shape(first):
            raise ModelError(
                f"{folders[0]} and {folder} cannot be averaged: they differ in more than their weights (layers, vocabulary, "
                f"queries, windows, shared modules or heads)"
            )
    tensors = {}
    for name, tensor in first.tensors.items():
        total = tensor.astype(np.float64)
        for other in others:
            total += other.tensors[name]
        tensors[name] = (total / len(folders)).astype(tensor.dtype)
    means_of = [
        {"weights": sha256_of(folder / WEIGHTS), "record": model.spec.record.to_dict()}
        for folder, model in zip(folders, [first, *others], strict=True)
    ]
    record = TrainingRecord(command=command_line(), more={"mean_of": means_of})
    return SavedModel(replace(first.spec, thresholds=Thresholds(), record=record), tensors)


def _shape(model: SavedModel) -> tuple:
    spec = replace(model.spec, thresholds=Thresholds(), record=TrainingRecord())
    return spec, {name: tensor.shape for name, tensor in model.tensors.items()}
