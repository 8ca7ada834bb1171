"""How a model was made: what training.json in a model folder says, for people and for `evaluate` and `compare`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What is known of a model's making. Models from elsewhere, and means of models, have only a part of it.

    Attributes:
        stage: 0, 1 or 2.
        config: settings of the stage, by the names of `training.config.TrainingConfig` and the dataclasses beside it.
        command: that ran.
        scores: strict dev scores of the model, and of the stage before.
        versions: of this program and the libraries that results depend on.
        starts_from: the encoder, or the model folder, that the stage started from.
        data: SHA-256 of the training files, by name.
        more: everything else, by its name in the file.
    """

    stage: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    command: str | None = None
    scores: Mapping[str, Any] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    starts_from: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seed(self) -> int | None:
        """Seed of the stage."""
        return self.config.get("seed")

    def to_dict(self) -> dict[str, Any]:
        """The form of training.json: fields that are not known are left out."""
        known = {name: getattr(self, name) for name in _NAMES}
        return {**{name: value for name, value in known.items() if value not in (None, {})}, **self.more}


_NAMES = ("stage", "config", "command", "scores", "versions", "starts_from", "data")


def record_from_dict(content: Mapping[str, Any]) -> TrainingRecord:
    """Inverse of `TrainingRecord.to_dict`."""
    known = {name: content[name] for name in _NAMES if content.get(name) is not None}
    return TrainingRecord(**known, more={name: value for name, value in content.items() if name not in _NAMES})
