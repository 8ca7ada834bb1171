"""What every step of a training is given: a pure function of the examples, the settings and the step."""

import math
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from bert_mrc_theseus.mrc.batch_types import PAIR_BATCH, SHARED_BATCH, Batch, Draws, Targets, text_batch_form
from bert_mrc_theseus.mrc.batching import by_window, sample_pairs, training_batches
from bert_mrc_theseus.mrc.collate import collate, collate_shared, collate_texts, match_labels, span_labels
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.mrc.lexicon_noise import noisy_context
from bert_mrc_theseus.training.config import Replacing, TrainingConfig
from bert_mrc_theseus.training.schedules import draw_replacements, replace_rate


class StepInputs(NamedTuple):
    """What a step is given.

    Attributes:
        batch: examples.
        targets: what should be found in them.
        draws: what is drawn at random.
        epoch: the step's epoch.
        replace_rate: probability with which a module was replaced; None outside of stage 1.
    """

    batch: Batch
    targets: Targets
    draws: Draws
    epoch: int
    replace_rate: float | None


class Plan:
    """The steps of a training run.

    Args:
        examples: training examples.
        config: of the stage.
        replacing: in stage 1, how modules are replaced.
        matches: give labels for the match head too.
    """

    def __init__(
        self,
        examples: Examples,
        config: TrainingConfig,
        replacing: Replacing | None = None,
        matches: bool = False,
    ):
        every = math.inf if examples.apart else 1.0
        self._negative_ratio = every if config.negative_ratio is None else config.negative_ratio
        self._examples, self._config, self._replacing, self._matches = examples, config, replacing, matches
        self._pairs = examples.all_pairs()
        self._positive = examples.has_entity(self._pairs)
        self._lengths = examples.lengths(self._pairs)
        # The number of batches differs a little between epochs, since each samples other pairs without entities.
        self._epoch_ends = list(accumulate(len(self.batches(epoch)) for epoch in range(config.epochs)))
        self._current: tuple[int, list[np.ndarray]] = (-1, [])
        self._rate = None
        if replacing is not None:
            self._rate = replace_rate(
                replacing.schedule, self.total_steps, base=replacing.base, reach=replacing.reach, rate=replacing.rate
            )

    @property
    def form(self) -> Batch:
        """Declaration of the batches; those of a model that shares all layers are made of texts, each with all its pairs."""
        if self._examples.apart:
            return text_batch_form(self._examples.has_words)
        return SHARED_BATCH if self._config.by_text else PAIR_BATCH

    @property
    def total_steps(self) -> int:
        return self._epoch_ends[-1] if self._epoch_ends else 0

    @property
    def positive_pairs(self) -> int:
        return int(self._positive.sum())

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The batches of an epoch in order, each an array (B, 2) of (window, type)."""
        config = self._config
        chosen = sample_pairs(self._positive, self._negative_ratio, config.seed, epoch)
        if self._examples.apart:
            windows, pairs = by_window(self._pairs[chosen])
            lengths = self._examples.context_lengths(windows)
            batches = training_batches(lengths, config.token_budget, config.seed, epoch)
            return [np.concatenate([pairs[row] for row in batch]) for batch in batches]
        groups = self._pairs[chosen, 0] if config.by_text else None
        batches = training_batches(self._lengths[chosen], config.token_budget, config.seed, epoch, groups)
        return [self._pairs[chosen[batch]] for batch in batches]

    def inputs(self, step: int) -> StepInputs:
        """What a step is given, the first being step 0.

        Raises:
            IndexError: there is no such step.
        """
        epoch, index = self._locate(step)
        if self._current[0] != epoch:
            self._current = (epoch, self.batches(epoch))
        pairs, examples, config = self._current[1][index], self._examples, self._config
        weights = np.where(examples.silver[pairs[:, 0]], config.silver_weight, 1.0).astype(np.float32)
        rate = None if self._rate is None else self._rate(step)
        replace = None
        if rate is not None and self._replacing is not None:
            replace = draw_replacements(rate, config.seed, step, self._replacing.modules)
        return StepInputs(
            self._collate(pairs, epoch),
            Targets(span_labels(examples, pairs), weights, match_labels(examples, pairs) if self._matches else None),
            Draws(_dropout_seed(config.seed, step), replace),
            epoch,
            rate,
        )

    def _collate(self, pairs: np.ndarray, epoch: int) -> Batch:
        examples, config = self._examples, self._config
        if examples.apart:
            return collate_texts(
                examples,
                pairs,
                lambda window: noisy_context(
                    examples, window, config.source_dropout, config.entity_dropout, (config.seed, epoch)
                ),
            )
        return (collate_shared if config.by_text else collate)(examples, pairs)

    def all_replaced(self, done: int) -> bool:
        """Whether, after `done` steps, the successor alone is what is trained."""
        return self._rate is None or self._rate(done) >= 1.0

    def is_epoch_end(self, done: int) -> bool:
        """Whether `done` steps are a whole number of epochs."""
        return done in self._epoch_ends

    def _locate(self, step: int) -> tuple[int, int]:
        """Epoch of a step, and its number within the epoch."""
        for epoch, end in enumerate(self._epoch_ends):
            if step < end:
                return epoch, step - (self._epoch_ends[epoch - 1] if epoch else 0)
        raise IndexError(f"step {step} of {self.total_steps}")


def positive_prior(examples: Examples) -> float:
    """Share of start labels among all context tokens of all pairs: what the heads' bias starts from."""
    starts = sum(int((rows[:, 1] >= 0).sum()) for rows in examples.spans)
    tokens = sum(len(examples.contexts[window].ids) for window, _ in examples.all_pairs())
    return min(0.5, max(1e-4, starts / max(1, tokens)))


def _dropout_seed(seed: int, step: int) -> np.int32:
    return np.int32(np.random.default_rng((seed, step, 2)).integers(2**31 - 1))
