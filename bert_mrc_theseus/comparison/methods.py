"""What `compare` compares: ways to make a successor, how they are written, and the settings of their stages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.text.schema import DEFAULT_STYLE
from bert_mrc_theseus.training.config import TrainingConfig


@dataclass(frozen=True)
class Method:
    """A way to make a successor (or, without layers, a predecessor).

    Attributes:
        title: for the table.
        both: settings of both stages.
        replacing: settings of stage 1.
        stages: 2; or 1 for stage 1 alone; or 0 for stage 2 alone, from the predecessor's first layers.
    """

    title: str
    both: Mapping[str, Any] = field(default_factory=dict)
    replacing: Mapping[str, Any] = field(default_factory=dict)
    stages: int = 2


DISTILLED = {"distill_logits": 1.0, "distill_borders": 1.0}
LIGHTLY = {"distill_logits": 0.05, "distill_borders": 0.01}
"""The labels' focal loss is small: with weight 1 the terms are many times as large, and cost F1 (docs/compression.md)."""

PREDECESSORS = {
    "predecessor": Method("predecessor"),
    "predecessor-bce": Method("predecessor, binary cross-entropy", {"loss": "bce"}),
    "predecessor-dice": Method("predecessor, dice", {"loss": "dice"}),
}
SUCCESSORS = {
    "linear": Method("two-stage, linear"),
    "constant": Method("two-stage, constant 0.5", replacing={"schedule": "constant", "rate": 0.5}),
    "spaced": Method("two-stage, linear, from each module's last layer", replacing={"initialisation": "spaced"}),
    "mean": Method("two-stage, linear, from each module's mean", replacing={"initialisation": "mean"}),
    "one-stage": Method("one-stage (stage 1 alone)", stages=1),
    "first": Method("first layers, fine-tuned", stages=0),
    "first-distilled": Method("first layers, distilled", {"distill_logits": 1.0}, stages=0),
    "distilled": Method("two-stage, linear, distilled", DISTILLED),
    "distilled-lightly": Method("two-stage, linear, distilled lightly", LIGHTLY),
}
METHODS = {**PREDECESSORS, **SUCCESSORS}


class Model(NamedTuple):
    """What is trained: a method, the successor's layers (0: a predecessor), how many of its modules are shared, and how many
    times as long as the others' its stage 2 is.

    Written `METHOD[-LAYERS][:SHARED][xTIMES]`.
    """

    method: str
    layers: int = 0
    shared: int = 0
    times: int = 1

    @property
    def folder(self) -> str:
        layers = f"-{self.layers}" if self.layers else ""
        shared = f"-shared{self.shared}" if self.shared else ""
        return self.method + layers + shared + (f"-x{self.times}" if self.times > 1 else "")


PUBLISHED = {
    Model("predecessor"): 0.9580,
    Model("linear", 6): 0.9491,
    Model("constant", 6): 0.9459,
    Model("one-stage", 6): 0.9342,
}
"""F1 that the original project reports: People's Daily, BERT-base, by its own metric (string-set)."""


def parse_model(text: str, layers: Sequence[int]) -> list[Model]:
    """The models that a text names: without a number of layers one for each of `layers`.

    Raises:
        UserError: there is no such method, or the text is not written as in `Model`.
    """
    if text in PREDECESSORS:
        return [Model(text)]
    name = f"({'|'.join(SUCCESSORS)})"
    found = re.fullmatch(rf"{name}(?:-([1-9]\d*))?(?::(\d+))?(?:x([1-9]\d*))?", text)
    if not found:
        known = ", ".join(METHODS)
        raise UserError(f"{text!r} is not METHOD[-LAYERS][:SHARED][xTIMES]; methods are {known}")
    method, number, shared, times = found.groups()
    chosen = [int(number)] if number else layers
    return [Model(method, each, int(shared or 0), int(times or 1)) for each in chosen]


@dataclass(frozen=True)
class Settings:
    """What all methods have in common.

    Attributes:
        epochs: of stages 0, 1, 2.
        learning_rates: of stages 0, 1, 2.
        query_style: which text of queries.toml is asked.
        encoder: what the predecessors start from.
        window: characters of a window; None: see `examples.WindowSize`.
        context_position: see `examples.Sharing`; None: its default.
        training: further settings of every stage, see `TrainingConfig`.
    """

    epochs: tuple[int, int, int] = (3, 2, 2)
    learning_rates: tuple[float, float, float] = (1.5e-4, 1.5e-4, 1e-4)
    query_style: str = DEFAULT_STYLE
    encoder: str = "e5-small-zh"
    window: int | None = None
    context_position: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)


def stage_configs(model: Model, seed: int, settings: Settings) -> dict[int, TrainingConfig]:
    """The stages in which a model is trained, with their settings."""
    method = METHODS[model.method]

    def config(stage: int, epochs: int, **more: Any) -> TrainingConfig:
        return TrainingConfig(
            **{
                **settings.training,
                "epochs": epochs,
                "learning_rate": settings.learning_rates[stage],
                "seed": seed,
                "shared": 0,  # stage 1 alone reads it
                **method.both,
                **more,
            }
        )

    if model.method in PREDECESSORS:
        return {0: config(0, settings.epochs[0])}
    replacing = {"modules": model.layers, "shared": model.shared, **method.replacing}
    _, first, second = settings.epochs
    second *= model.times
    if method.stages == 2:
        return {1: config(1, first, **replacing), 2: config(2, second)}
    if method.stages == 1:
        return {1: config(1, first + second, **replacing)}
    return {1: config(1, 0, **replacing), 2: config(2, first + second)}
