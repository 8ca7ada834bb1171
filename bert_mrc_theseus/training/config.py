"""Settings of a training stage, and the plan of its batches that follows from them."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.model.theseus import INITIALISATIONS
from bert_mrc_theseus.mrc.batching import sample_pairs, training_batches
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.training.distillation import Distillation
from bert_mrc_theseus.training.losses import LOSSES
from bert_mrc_theseus.training.schedules import SCHEDULES

STAGES = {
    0: "fine-tune the predecessor",
    1: "replace the predecessor's modules by the successor's layers",
    2: "fine-tune the successor",
}

_CHOICES = {"loss": tuple(LOSSES), "schedule": SCHEDULES, "initialisation": INITIALISATIONS}
_SHARES = ("warmup", "dropout", "base", "reach", "rate")
_POSITIVE = ("learning_rate", "clip", "token_budget", "modules", "temperature")
_NOT_NEGATIVE = ("epochs", "negative_ratio", "silver_weight", "weight_decay", "distill_logits", "distill_borders")


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings of one stage. The Theseus settings (`modules` to `shared`) matter in stage 1 only.

    Attributes:
        epochs: passes over the pairs with entities (each with its own sample of pairs without); 0 in stage 1 makes the
            initial successor, for `first layers, fine-tuned` without Theseus.
        learning_rate: highest learning rate of the warm-up and decay.
        warmup: share of all steps during which the learning rate rises.
        weight_decay: of AdamW; none on biases and LayerNorm.
        clip: largest global norm of the gradient.
        loss: "focal", "bce" or "dice".
        token_budget: tokens of a batch, padding included.
        negative_ratio: pairs without entities per pair with entities, in training only.
        by_text: a batch holds all the pairs of its texts, so that shared layers run once a text instead of once a pair.
        silver_weight: of the loss on documents that were not annotated by people.
        seed: of the heads, the batches, the dropout and the replacements.
        mixed_bfloat16: matrix products in bfloat16, variables in float32.
        patience: evaluations without a better strict dev F1 before the stage stops; 0: never stop early.
        evaluate_every: steps between evaluations; 0: once an epoch.
        checkpoint_minutes: time between checkpoints for resuming.
        dropout: of hidden states and attention.
        modules: S, the number of successor layers.
        schedule: replace rate, "linear" or "constant"; `base`, `reach`, `rate`: see `schedules.replace_rate`.
        initialisation: where successor layers start from, see `theseus.initial_successor`.
        shared: K, the successor's shared lower layers, see `examples.Sharing`; None: all but the last.
        distill_logits, temperature, distill_borders: see `distillation.Distillation`; in stages 1 and 2.

    Raises:
        UserError: a value that makes no sense.
    """

    epochs: int = 3
    learning_rate: float = 1.5e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    loss: str = "focal"
    token_budget: int = 1024
    negative_ratio: float = 1.0
    by_text: bool = False
    silver_weight: float = 0.5
    seed: int = 42
    mixed_bfloat16: bool = False
    patience: int = 0
    evaluate_every: int = 0
    checkpoint_minutes: float = 5.0
    dropout: float = 0.1
    modules: int = 6
    schedule: str = "linear"
    base: float = 0.3
    reach: float = 0.7
    rate: float = 0.5
    initialisation: str = "first"
    shared: int | None = None
    distill_logits: float = 0.0
    temperature: float = 2.0
    distill_borders: float = 0.0

    @property
    def shared_modules(self) -> int:
        """K."""
        return self.modules - 1 if self.shared is None else self.shared

    @property
    def distillation(self) -> Distillation:
        return Distillation(self.distill_logits, self.temperature, self.distill_borders)

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UserError(f"{name} is one of {', '.join(choices)}. Received: {getattr(self, name)!r}")
        for name in _SHARES:
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UserError(f"{name} lies between 0 and 1. Received: {getattr(self, name)}")
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise UserError(f"{name} is greater than 0. Received: {getattr(self, name)}")
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise UserError(f"{name} is at least 0. Received: {getattr(self, name)}")
        if not 0 <= self.shared_modules < self.modules:
            raise UserError(f"of {self.modules} modules 0 to {self.modules - 1} can be shared. Received: {self.shared}")


class Plan:
    """Which pairs every step of a training run sees: a pure function of the examples and the config.

    Args:
        examples: training examples.
        config: of the stage.
    """

    def __init__(self, examples: Examples, config: TrainingConfig):
        self._config = config
        self._pairs = examples.all_pairs()
        self._positive = examples.has_entity(self._pairs)
        self._lengths = examples.lengths(self._pairs)
        # The number of batches differs a little between epochs, since each samples other pairs without entities.
        self._epoch_ends = list(accumulate(len(self.batches(epoch)) for epoch in range(config.epochs)))

    @property
    def total_steps(self) -> int:
        return self._epoch_ends[-1] if self._epoch_ends else 0

    @property
    def positive_pairs(self) -> int:
        return int(self._positive.sum())

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The batches of an epoch in order, each an array (B, 2) of (window, type)."""
        config = self._config
        chosen = sample_pairs(self._positive, config.negative_ratio, config.seed, epoch)
        groups = self._pairs[chosen, 0] if config.by_text else None
        batches = training_batches(self._lengths[chosen], config.token_budget, config.seed, epoch, groups)
        return [self._pairs[chosen[batch]] for batch in batches]

    def locate(self, step: int) -> tuple[int, int]:
        """Epoch of a step, and its number within the epoch."""
        for epoch, end in enumerate(self._epoch_ends):
            if step < end:
                return epoch, step - (self._epoch_ends[epoch - 1] if epoch else 0)
        raise IndexError(f"step {step} of {self.total_steps}")

    def is_epoch_end(self, done: int) -> bool:
        """Whether `done` steps are a whole number of epochs."""
        return done in self._epoch_ends


def positive_prior(examples: Examples) -> float:
    """Share of start labels among all context tokens of all pairs: what the heads' bias starts from."""
    starts = sum(int((rows[:, 1] >= 0).sum()) for rows in examples.spans)
    tokens = sum(len(examples.contexts[window]) for window, _ in examples.all_pairs())
    return min(0.5, max(1e-4, starts / max(1, tokens)))
