"""Checkpoints for resuming a training run: variables, optimizer, and where it stood, in one file written atomically.

What is drawn at random (batches, dropout, replacements) is a function of (seed, step), so no random state is kept.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from keras import ops
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.training.config import changed_settings, settings_in


@dataclass
class TrainingState:
    """Where a run stands.

    Attributes:
        step: steps done.
        best_f1: best strict dev F1 so far, -1 before the first evaluation.
        best_step: the step of it.
        waited: evaluations since.
        history: one dict an evaluation.
        seconds: time spent in training, over all sittings.
    """

    step: int = 0
    best_f1: float = -1.0
    best_step: int = 0
    waited: int = 0
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)


def save_checkpoint(path: Path, variables: Sequence, state: TrainingState, fingerprint: Mapping[str, Any]) -> None:
    """Writes a checkpoint.

    Args:
        path: the file; an older one stays whole until the new one is.
        variables: all Keras variables that training changes, in a fixed order.
        state: where the run stands.
        fingerprint: what the run depends on; see `load_checkpoint`.

    Raises:
        UserError: the disk is full or the place not writable; the older checkpoint is then still there.
    """
    tensors = {f"{i:05d}": ops.convert_to_numpy(variable) for i, variable in enumerate(variables)}
    metadata = {"state": json.dumps(asdict(state)), "fingerprint": json.dumps(dict(fingerprint))}
    temporary = path.with_name(f".{path.name}.new")
    try:
        save_file(tensors, temporary, metadata=metadata)
        with open(temporary, "rb") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise UserError(f"cannot save the checkpoint {path}: {error}. The one before it is still there.") from error


def load_checkpoint(path: Path, variables: Sequence, fingerprint: Mapping[str, Any]) -> TrainingState:
    """Restores variables and returns the state.

    Raises:
        ModelError: the file is damaged, or the run it belongs to had another fingerprint; nothing is restored then.
    """
    try:
        with safe_open(path, framework="numpy") as stored:
            metadata = stored.metadata()
            changed = _changes(
                _current_form(json.loads(metadata["fingerprint"])), json.loads(json.dumps(dict(fingerprint)))
            )
            if changed:
                details = "; ".join(changed)
                raise ModelError(
                    f"{path} is of a run with other settings ({details}): use the same ones to resume it, "
                    f"or another run folder, or --overwrite"
                )
            if len(stored.keys()) != len(variables):
                raise ModelError(f"{path} holds {len(stored.keys())} variables, this model has {len(variables)}")
            values = [stored.get_tensor(f"{i:05d}") for i in range(len(variables))]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as a checkpoint: {error}") from error
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return TrainingState(**json.loads(metadata["state"]))


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two fingerprints."""
    settings = ("config", "replacing", "distillation")
    others = sorted(key for key in {*then, *now} - {*settings} if then.get(key) != now.get(key))
    return [
        *(f"{key}: {then.get(key)} then, {now.get(key)} now" for key in others),
        *changed_settings(then, {key: now[key] for key in settings if key in now}),
    ]


def _current_form(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    """A fingerprint in today's form: those of format version 2's first programs had other names, and dropout in the encoder."""
    if "sharing" not in fingerprint:
        return {**fingerprint, **settings_in(fingerprint)}
    kept = {key: value for key, value in fingerprint.items() if key != "sharing"}
    sharing = fingerprint["sharing"]
    return {
        **kept,
        **settings_in(fingerprint),
        "encoder": {key: value for key, value in fingerprint["encoder"].items() if not key.endswith("_dropout")},
        "shared": {"layers": sharing["modules"], "position": sharing["context_position"]},
    }
