"""The training loop, the same for every stage.

A step depends on its number, the seed and the variables alone. A run that was killed at any moment and resumed from its last
checkpoint therefore ends at the same weights as one that was not.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from rich.console import Console

from bert_mrc_theseus.errors import TrainingError
from bert_mrc_theseus.evaluation.metrics import Scores
from bert_mrc_theseus.model.mrc_model import head_weights
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.training.config import Plan, TrainingConfig
from bert_mrc_theseus.training.log import TrainingLog
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.resume import TrainingState, load_checkpoint, save_checkpoint
from bert_mrc_theseus.training.schedules import draw_replacements, replace_rate
from bert_mrc_theseus.training.step import Teacher, learns_matches, make_train_step

CHECKPOINT = "checkpoint.safetensors"


@dataclass(frozen=True)
class Task:
    """What to train.

    Attributes:
        title: for the progress bar.
        model: maps a batch to logits.
        examples: training examples.
        evaluate: strict scores of the model as it is now, on dev.
        keep: saves the model as it is now; called when it is the best so far.
        fingerprint: what the run depends on, for `checkpoint.load_checkpoint`.
        modules: S in stage 1, else 0.
        fast_heads: the heads are new, see `optimizer.HEADS_FACTOR`.
        teacher: a predecessor to distil from.
    """

    title: str
    model: keras.Model
    examples: Examples
    evaluate: Callable[[], Scores]
    keep: Callable[[TrainingState], None]
    fingerprint: dict[str, Any]
    modules: int = 0
    fast_heads: bool = False
    teacher: Teacher | None = None


def fit(task: Task, config: TrainingConfig, folder: Path, console: Console, resume: bool) -> TrainingState:
    """Trains until the last epoch, or until strict dev F1 has not risen for `config.patience` evaluations.

    Args:
        task: what to train.
        config: settings.
        folder: gets checkpoint, log.csv and tensorboard/; the checkpoint is deleted at the end.
        console: for progress.
        resume: go on from the folder's checkpoint, if there is one.

    Returns:
        The final state; the best model is what `task.keep` saved last.

    Raises:
        TrainingError: there is nothing to train on, or the loss is no longer finite.
    """
    plan = Plan(task.examples, config)
    if not plan.positive_pairs:
        raise TrainingError("the training data have no entity of any type in the schema: nothing to learn from")
    if not plan.total_steps:
        state = TrainingState()
        with TrainingLog(folder, task.title, 0, 0, console) as log:
            _evaluate(task, config, state, log, may_stop=False)
        return state
    variables = task.model.trainable_variables
    optimizer = build_optimizer(
        variables,
        config.learning_rate,
        plan.total_steps,
        config.warmup,
        config.weight_decay,
        config.clip,
        heads=list(head_weights(task.model).values()) if task.fast_heads else (),
    )
    train_step = make_train_step(task.model, optimizer, config.loss, task.modules, task.teacher, config.by_text)
    matching = learns_matches(task.model)
    rate = None
    if task.modules:
        rate = replace_rate(config.schedule, plan.total_steps, base=config.base, reach=config.reach, rate=config.rate)
    checkpoint, stored = folder / CHECKPOINT, [*variables, *optimizer.variables]
    state = TrainingState()
    if resume and checkpoint.is_file():
        state = load_checkpoint(checkpoint, stored, task.fingerprint)
        console.print(f"{task.title}: resuming after step {state.step} of {plan.total_steps}", highlight=False)

    with TrainingLog(folder, task.title, plan.total_steps, state.step, console) as log:
        saved = clock = time.monotonic()
        batches, batches_of = [], -1
        while state.step < plan.total_steps:
            epoch, index = plan.locate(state.step)
            if epoch != batches_of:
                batches, batches_of = plan.batches(epoch), epoch
            pairs = batches[index]
            lay_out = task.examples.batch_by_text if config.by_text else task.examples.batch
            batch: dict[str, Any] = lay_out(pairs)
            tokens = int(batch["lengths"].sum())
            batch["weights"] = np.where(task.examples.silver[pairs[:, 0]], config.silver_weight, 1.0).astype(np.float32)
            if matching:
                batch["match_labels"] = task.examples.match_labels(pairs)
            batch["seed"] = _dropout_seed(config.seed, state.step)
            values: dict[str, float] = {
                "epoch": epoch,
                "learning_rate": float(ops.convert_to_numpy(optimizer.learning_rate)),
            }
            if rate is not None:
                values["replace_rate"] = rate(state.step)
                batch["replace"] = draw_replacements(rate(state.step), config.seed, state.step, task.modules)
            loss = train_step(batch, task.examples.labels(pairs))
            state.step += 1
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the loss is {loss} at step {state.step}. The checkpoint and the best model before it are kept. "
                    f"A lower learning rate (now {config.learning_rate}) or a smaller clip (now {config.clip}) usually "
                    f"helps; so does float32 instead of bfloat16."
                )
            now = time.monotonic()
            seconds, clock = now - clock, now
            state.seconds += seconds
            log.log_step(state.step, loss=loss, tokens_per_second=tokens / seconds, **values)

            due = state.step % config.evaluate_every == 0 if config.evaluate_every else plan.is_epoch_end(state.step)
            if due or state.step == plan.total_steps:
                replaced = rate is None or rate(state.step) >= 1.0
                stop = _evaluate(task, config, state, log, may_stop=replaced)
                clock = time.monotonic()
                state.seconds += clock - now
                save_checkpoint(checkpoint, stored, state, task.fingerprint)
                saved = clock
                if stop:
                    break
            elif now - saved > 60.0 * config.checkpoint_minutes:
                save_checkpoint(checkpoint, stored, state, task.fingerprint)
                saved = now
    return state


def _evaluate(task: Task, config: TrainingConfig, state: TrainingState, log: TrainingLog, may_stop: bool) -> bool:
    """Evaluates, keeps the model if it is the best, and says whether to stop."""
    scores = task.evaluate()
    micro = scores.micro
    log.log_evaluation(state.step, precision=micro.precision, recall=micro.recall, f1=micro.f1)
    state.history.append({"step": state.step, **scores.to_dict()})
    if micro.tp + micro.fp == 0:
        log.say(
            "  the model predicts nothing yet. If this lasts: the learning rate is too high (try a third of "
            f"{config.learning_rate}), the training too short, or pairs without entities too many (--negative-ratio)."
        )
    if micro.f1 > state.best_f1:
        state.best_f1, state.best_step, state.waited = micro.f1, state.step, 0
        task.keep(state)
        return False
    # Before every module is replaced the successor alone is not what is being trained: its F1 may not stop stage 1.
    state.waited += may_stop
    return bool(config.patience) and state.waited >= config.patience


def _dropout_seed(seed: int, step: int) -> np.int32:
    return np.int32(np.random.default_rng((seed, step, 2)).integers(2**31 - 1))
