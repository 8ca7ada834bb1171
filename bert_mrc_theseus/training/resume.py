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
from bert_mrc_theseus.training.progress import Progress

_WEIGHTS = ("starting_weights", "teacher_weights")
"""Checksums in a fingerprint that older programs did not write, see `starting_point.Origin`."""


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


def load_checkpoint(
    path: Path,
    variables: Sequence,
    fingerprint: Mapping[str, Any],
    progress: Progress,
    title: str,
) -> TrainingState:
    """Restores variables and returns the state.

    Args:
        path: the file.
        variables: as `save_checkpoint` was given them.
        fingerprint: what the run depends on now.
        progress: is told what could not be compared.
        title: of the run, for that.

    Raises:
        ModelError: the file is damaged, or the run it belongs to had another fingerprint; nothing is restored then.
    """
    try:
        with safe_open(path, framework="numpy") as stored:
            metadata = stored.metadata()
            refuse_changes(path, json.loads(metadata["fingerprint"]), fingerprint, progress, title)
            if len(stored.keys()) != len(variables):
                raise ModelError(f"{path} holds {len(stored.keys())} variables, this model has {len(variables)}")
            values = [stored.get_tensor(f"{i:05d}") for i in range(len(variables))]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as a checkpoint: {error}") from error
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return TrainingState(**json.loads(metadata["state"]))


def refuse_changes(path: Path, then: Mapping[str, Any], now: Mapping[str, Any], progress: Progress, title: str) -> None:
    """Compares what a run was begun with and what it is resumed with.

    Args:
        path: the checkpoint or report, for messages.
        then: its fingerprint, or a record that has all of it.
        now: the fingerprint of today.
        progress: is told what an older program did not write down, and cannot be compared.
        title: of the run, for that.

    Raises:
        ModelError: they differ.
    """
    changed = _changes(_current_form(then), json.loads(json.dumps(dict(now))))
    if changed:
        details = "; ".join(changed)
        raise ModelError(
            f"{path} is of a run with other settings ({details}): use the same ones to resume it, "
            f"or another run folder, or --overwrite"
        )
    if any(name in now and name not in then for name in _WEIGHTS):
        progress.say(
            f"{title}: {path.name} is of an older program, which did not write down the weights that it started from: they "
            f"are not compared"
        )


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two fingerprints."""
    settings = ("config", "replacing", "distillation")
    others = sorted(key for key in now if key not in (*settings, *_WEIGHTS) and then.get(key) != now[key])
    weights = [name for name in _WEIGHTS if name in then and name in now and then[name] != now[name]]
    return [
        *(f"{key}: {then.get(key)} then, {now[key]} now" for key in others),
        *(f"{name}: SHA-256 {then[name][:12]} then, {now[name][:12]} now" for name in weights),
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
