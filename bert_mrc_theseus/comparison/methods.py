"""What `compare` compares: ways to make a successor, how they are written, and the settings of their stages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.model_files.run_folder import STAGES
from bert_mrc_theseus.training.config import (
    STAGE_DEFAULTS,
    Distillation,
    NewPredecessor,
    Replacing,
    TrainingConfig,
    check_shared_layers,
)


@dataclass(frozen=True)
class Method:
    """A way to make a successor (or, without layers, a predecessor).

    Attributes:
        title: for the table.
        loss: of a predecessor; None: that of the settings.
        replacing: how modules are replaced, but for the numbers of layers.
        distillation: how much the predecessor teaches, in both stages.
        stages: 2; or 1 for stage 1 alone; or 0 for stage 2 alone, from the predecessor's first layers.
    """

    title: str
    loss: str | None = None
    replacing: Replacing = Replacing()
    distillation: Distillation = Distillation()
    stages: int = 2


LIGHTLY = Distillation(logits=0.05, borders=0.01)
"""The labels' focal loss is small: with weight 1 the terms are many times as large, and cost F1 (docs/compression.md)."""

PREDECESSORS = {
    "predecessor": Method("predecessor"),
    "predecessor-bce": Method("predecessor, binary cross-entropy", "bce"),
    "predecessor-dice": Method("predecessor, dice", "dice"),
}
SUCCESSORS = {
    "linear": Method("two-stage, linear"),
    "constant": Method("two-stage, constant 0.5", replacing=Replacing(schedule="constant", rate=0.5)),
    "spaced": Method("two-stage, linear, from each module's last layer", replacing=Replacing(initialisation="spaced")),
    "mean": Method("two-stage, linear, from each module's mean", replacing=Replacing(initialisation="mean")),
    "one-stage": Method("one-stage (stage 1 alone)", stages=1),
    "first": Method("first layers, fine-tuned", stages=0),
    "first-distilled": Method("first layers, distilled", distillation=Distillation(logits=1.0), stages=0),
    "distilled": Method("two-stage, linear, distilled", distillation=Distillation(logits=1.0, borders=1.0)),
    "distilled-lightly": Method("two-stage, linear, distilled lightly", distillation=LIGHTLY),
}
METHODS = {**PREDECESSORS, **SUCCESSORS}


class Candidate(NamedTuple):
    """What is trained. Written `METHOD[-LAYERS][:SHARED][xTIMES]`.

    Attributes:
        method: name in `METHODS`.
        layers: of the successor; 0: a predecessor.
        shared_layers: how many of these are shared; None: all if the predecessor shares all, otherwise none.
        times: its stage 2 is as many times as long as the others'.
    """

    method: str
    layers: int = 0
    shared_layers: int | None = None
    times: int = 1

    @property
    def folder(self) -> str:
        layers = f"-{self.layers}" if self.layers else ""
        shared = f"-shared{self.shared_layers}" if self.shared_layers else ""
        return self.method + layers + shared + (f"-x{self.times}" if self.times > 1 else "")


PUBLISHED = {
    Candidate("predecessor"): 0.9580,
    Candidate("linear", 6): 0.9491,
    Candidate("constant", 6): 0.9459,
    Candidate("one-stage", 6): 0.9342,
}
"""F1 that the original project reports: People's Daily, BERT-base, by its own metric (string-set)."""


def parse_candidate(text: str, layers: Sequence[int]) -> list[Candidate]:
    """The candidates that a text names: without a number of layers one for each of `layers`.

    Raises:
        UsageError: there is no such method, or the text is not written as in `Candidate`.
    """
    if text in PREDECESSORS:
        return [Candidate(text)]
    name = f"({'|'.join(SUCCESSORS)})"
    parts = re.fullmatch(rf"{name}(?:-([1-9]\d*))?(?::(\d+))?(?:x([1-9]\d*))?", text)
    if not parts:
        known = ", ".join(METHODS)
        raise UsageError(f"{text!r} is not METHOD[-LAYERS][:SHARED][xTIMES]; methods are {known}")
    method, number, shared, times = parts.groups()
    chosen = [int(number)] if number else layers
    return [Candidate(method, each, None if shared is None else int(shared), int(times or 1)) for each in chosen]


@dataclass(frozen=True)
class Settings:
    """What all candidates have in common.

    Attributes:
        epochs: of stages 0, 1, 2.
        learning_rates: of stages 0, 1, 2.
        new: what predecessors are made of.
        training: further settings of every stage; its epochs, learning rate and seed do not count.
    """

    epochs: tuple[int, int, int] = tuple(STAGE_DEFAULTS[stage]["epochs"] for stage in STAGES)
    learning_rates: tuple[float, float, float] = tuple(STAGE_DEFAULTS[stage]["learning_rate"] for stage in STAGES)
    new: NewPredecessor = NewPredecessor()
    training: TrainingConfig = TrainingConfig()


class StagePlan(NamedTuple):
    """A stage in which a candidate is trained.

    Attributes:
        stage: 0, 1 or 2.
        config: settings.
        replacing: in stage 1.
        distillation: in stages 1 and 2.
    """

    stage: int
    config: TrainingConfig
    replacing: Replacing | None = None
    distillation: Distillation = Distillation()


def stage_plans(candidate: Candidate, seed: int, settings: Settings) -> list[StagePlan]:
    """The stages in which a candidate is trained, with their settings.

    Raises:
        UsageError: a setting makes no sense.
    """
    method = METHODS[candidate.method]

    def config(stage: int, epochs: int) -> TrainingConfig:
        return replace(
            settings.training,
            epochs=epochs,
            learning_rate=settings.learning_rates[stage],
            seed=seed,
            loss=method.loss or settings.training.loss,
        )

    if candidate.method in PREDECESSORS:
        return [StagePlan(0, config(0, settings.epochs[0]))]
    shared = candidate.shared_layers
    if shared is None and settings.new.shared_layers == 0 and not settings.new.words:
        shared = 0
    replacing = replace(method.replacing, modules=candidate.layers, shared_layers=shared)
    check_shared_layers(settings.new, replacing)
    _, first, second = settings.epochs
    second *= candidate.times
    stage_1, stage_2 = {2: (first, second), 1: (first + second, None), 0: (0, first + second)}[method.stages]
    plans = [StagePlan(1, config(1, stage_1), replacing, method.distillation)]
    if stage_2 is not None:
        plans.append(StagePlan(2, config(2, stage_2), distillation=method.distillation))
    return plans
