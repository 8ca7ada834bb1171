"""The training loop, the same for every stage.

A step depends on its number, the seed and the variables alone. A run that was killed at any moment and resumed from its last
checkpoint therefore ends at the same weights as one that was not.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from bert_mrc_theseus.errors import TrainingError
from bert_mrc_theseus.evaluation.metrics import Scores
from bert_mrc_theseus.model.variables import head_variables
from bert_mrc_theseus.model_files.run_folder import StageFolder
from bert_mrc_theseus.mrc.batch_types import token_count
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.training.config import Replacing, TrainingConfig
from bert_mrc_theseus.training.distillation import Teacher
from bert_mrc_theseus.training.log import TrainingLog
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.plan import Plan
from bert_mrc_theseus.training.progress import Progress
from bert_mrc_theseus.training.resume import TrainingState, load_checkpoint, save_checkpoint
from bert_mrc_theseus.training.step import learns_matches, make_train_step


@dataclass(frozen=True)
class Task:
    """What to train.

    Attributes:
        title: for messages.
        model: maps a batch to logits.
        examples: training examples.
        evaluate: strict scores of the model as it is now, on dev.
        keep: saves the model as it is now; called when it is the best so far.
        fingerprint: what the run depends on, for `resume.load_checkpoint`.
        replacing: in stage 1, how modules are replaced.
        new_heads: heads, and what else no encoder has, are new, see `optimizer.HEADS_FACTOR`.
        teacher: a predecessor to distil from.
        begin: is called when nothing more can be refused, before the first file is written.
    """

    title: str
    model: keras.Model
    examples: Examples
    evaluate: Callable[[], Scores]
    keep: Callable[[TrainingState], None]
    fingerprint: Mapping[str, Any]
    replacing: Replacing | None = None
    new_heads: bool = False
    teacher: Teacher | None = None
    begin: Callable[[], None] = lambda: None


def fit(task: Task, config: TrainingConfig, folder: StageFolder, progress: Progress, resume: bool) -> TrainingState:
    """Trains until the last epoch, or until strict dev F1 has not risen for `config.patience` evaluations.

    Args:
        task: what to train.
        config: settings.
        folder: gets the checkpoint, which stays, log.csv and tensorboard/.
        progress: is told.
        resume: go on from the folder's checkpoint, if there is one.

    Returns:
        The final state; the best model is what `task.keep` saved last.

    Raises:
        TrainingError: there is nothing to train on, or the loss is no longer finite.
    """
    plan = Plan(task.examples, config, task.replacing, learns_matches(task.model))
    if not plan.positive_pairs:
        raise TrainingError("the training data have no entity of any type in the schema: nothing to learn from")
    if not plan.total_steps:
        state = TrainingState()
        task.begin()
        with TrainingLog(folder, 0) as log:
            _evaluate(task, config, state, log, progress, total=0, may_stop=False)
        return state
    variables = task.model.trainable_variables
    optimizer = build_optimizer(
        variables,
        config.learning_rate,
        plan.total_steps,
        config.warmup,
        config.weight_decay,
        config.clip,
        new=head_variables(task.model) if task.new_heads else None,
    )
    train_step = make_train_step(
        task.model, optimizer, config.loss, task.replacing is not None, task.teacher, plan.form
    )
    stored = [*variables, *optimizer.variables]
    state = TrainingState()
    if resume and folder.checkpoint.is_file():
        state = load_checkpoint(folder.checkpoint, stored, task.fingerprint, progress, task.title)
        progress.say(f"{task.title}: resuming after step {state.step} of {plan.total_steps}")
    task.begin()

    progress.begin(task.title, plan.total_steps, state.step)
    try:
        with TrainingLog(folder, state.step) as log:
            saved = clock = time.monotonic()
            while state.step < plan.total_steps:
                inputs = plan.inputs(state.step)
                values: dict[str, float] = {
                    "epoch": inputs.epoch,
                    "learning_rate": float(ops.convert_to_numpy(optimizer.learning_rate)),
                }
                if inputs.replace_rate is not None:
                    values["replace_rate"] = inputs.replace_rate
                loss = train_step(inputs.batch, inputs.targets, inputs.draws)
                state.step += 1
                if not math.isfinite(loss):
                    raise _no_longer_finite(f"the loss is {loss} at step {state.step}", config)
                now = time.monotonic()
                seconds, clock = now - clock, now
                state.seconds += seconds
                values |= {"loss": loss, "tokens_per_second": token_count(inputs.batch) / seconds}
                log.step(state.step, **values)
                progress.advance(state.step, _facts(values))

                due = (
                    state.step % config.evaluate_every == 0 if config.evaluate_every else plan.is_epoch_end(state.step)
                )
                if due or state.step == plan.total_steps:
                    _check_finite(stored, state, config)
                    may_stop = plan.all_replaced(state.step)
                    stop = _evaluate(task, config, state, log, progress, plan.total_steps, may_stop)
                    clock = time.monotonic()
                    state.seconds += clock - now
                    log.keep()
                    save_checkpoint(folder.checkpoint, stored, state, task.fingerprint)
                    saved = clock
                    if stop:
                        break
                elif now - saved > 60.0 * config.checkpoint_minutes:
                    _check_finite(stored, state, config)
                    log.keep()
                    save_checkpoint(folder.checkpoint, stored, state, task.fingerprint)
                    saved = now
    finally:
        progress.end()
    return state


def _check_finite(variables: Sequence, state: TrainingState, config: TrainingConfig) -> None:
    """Raises TrainingError for weights that the last step spoilt, whose loss would tell only in the next one."""
    if not all(np.isfinite(ops.convert_to_numpy(variable)).all() for variable in variables):
        raise _no_longer_finite(f"weights are no longer finite after step {state.step}", config)


def _no_longer_finite(what: str, config: TrainingConfig) -> TrainingError:
    return TrainingError(
        f"{what}. The checkpoint and the best model before it are kept. A lower learning rate (now {config.learning_rate}) or "
        f"a smaller clip (now {config.clip}) usually helps; so does float32 instead of bfloat16."
    )


def _facts(values: Mapping[str, float]) -> str:
    facts = f"loss {values['loss']:.5f}  {values['tokens_per_second']:,.0f} tokens/s"
    return facts + (f"  replace rate {values['replace_rate']:.2f}" if "replace_rate" in values else "")


def _evaluate(
    task: Task,
    config: TrainingConfig,
    state: TrainingState,
    log: TrainingLog,
    progress: Progress,
    total: int,
    may_stop: bool,
) -> bool:
    """Evaluates, keeps the model if it is the best, and says whether to stop."""
    scores = task.evaluate()
    micro = scores.micro
    log.evaluation(state.step, precision=micro.precision, recall=micro.recall, f1=micro.f1)
    progress.say(
        f"{task.title}: step {state.step}/{total}  dev precision {micro.precision:.4f}  recall {micro.recall:.4f}  "
        f"strict F1 {micro.f1:.4f}"
    )
    if not micro.support and not state.history:
        progress.warn(
            "  dev has no entity, so that no model can be found to be better: the last weights are kept. For the best ones "
            "give preprocess a dev file, or --dev-fraction."
        )
    state.history.append({"step": state.step, **scores.to_dict()})
    if micro.support and micro.tp + micro.fp == 0:
        progress.say(
            "  the model predicts nothing yet. If this lasts: the learning rate is too high (try a third of "
            f"{config.learning_rate}), the training too short, or pairs without entities too many (--negative-ratio)."
        )
    better = micro.f1 > state.best_f1
    # Of models that find nothing, or of which nobody can tell, the one that was trained for longest.
    if better or state.best_f1 <= 0.0:
        state.best_f1, state.best_step = max(micro.f1, state.best_f1), state.step
        task.keep(state)
    if better or not micro.support:
        state.waited = 0
        return False
    # Before every module is replaced the successor alone is not what is being trained: its F1 may not stop stage 1.
    state.waited += may_stop
    return bool(config.patience) and state.waited >= config.patience
