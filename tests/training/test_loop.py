"""The training loop on its own: what it does when something goes wrong."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from bert_mrc_theseus.errors import TrainingError
from bert_mrc_theseus.evaluation.metrics import PRF, Scores
from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.training import loop as training
from bert_mrc_theseus.training.config import TrainingConfig
from bert_mrc_theseus.training.loop import Task, fit
from bert_mrc_theseus.training.plan import Plan
from bert_mrc_theseus.training.progress import ConsoleProgress, Silence
from tests.helpers.documents import toy_documents
from tests.helpers.models import examples_of, make_weights
from tests.helpers.runs import LOOP_CONFIG, LOOP_EXAMPLES, loop_task, run_loop


def test_the_best_model_is_kept_and_patience_stops(tmp_path, no_steps):
    kept = []
    made = loop_task([0.2, 0.6, 0.5, 0.6, 0.9], kept)
    state = run_loop(
        tmp_path, made, TrainingConfig(epochs=9, learning_rate=1e-3, token_budget=256, evaluate_every=1, patience=2)
    )
    assert kept == [1, 2] and state.best_step == 2 and state.step == 4


def test_without_patience_it_runs_to_the_end(tmp_path, no_steps):
    plan, evaluated = Plan(LOOP_EXAMPLES, LOOP_CONFIG), []
    state = run_loop(tmp_path, loop_task([0.9, 0.1], evaluated=evaluated))
    assert state.step == plan.total_steps and len(evaluated) == 3 and state.best_f1 == pytest.approx(0.9)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tmp_path, monkeypatch):
    made, steps = loop_task(), []
    real = training.make_train_step

    def poisoned(*arguments):
        step = real(*arguments)

        def run_step(*inputs):
            steps.append(1)
            return float("nan") if len(steps) == 5 else step(*inputs)

        return run_step

    monkeypatch.setattr(training, "make_train_step", poisoned)
    config = TrainingConfig(epochs=9, learning_rate=1e-3, token_budget=256, checkpoint_minutes=0.0)
    with pytest.raises(TrainingError, match=r"nan at step 5\. The checkpoint and the best model before it are kept"):
        run_loop(tmp_path, made, config)
    monkeypatch.setattr(training, "make_train_step", real)
    again = loop_task()
    console = Console(record=True, file=io.StringIO())
    state = run_loop(tmp_path, again, config, resume=True, progress=ConsoleProgress(console))
    assert "resuming after step 4" in console.export_text()
    assert state.step == Plan(LOOP_EXAMPLES, config).total_steps
    assert all(np.isfinite(variable.numpy()).all() for variable in again.model.variables)


def test_a_model_that_predicts_nothing_is_reported(tmp_path, no_steps):
    console = Console(record=True, file=io.StringIO())
    run_loop(tmp_path, loop_task([0.0]), progress=ConsoleProgress(console))
    # One line, however narrow the console: it is a file.
    assert re.search("predicts nothing.*learning rate is too high", console.export_text())


def test_without_an_entity_in_dev_the_last_weights_are_kept_and_it_is_said(tmp_path, no_steps):
    kept: list[int] = []
    made = replace(loop_task(kept=kept), evaluate=lambda: Scores(PRF(0, 3, 0)))
    console = Console(record=True, file=io.StringIO(), width=200)
    config = TrainingConfig(epochs=3, learning_rate=1e-3, token_budget=256, patience=1)
    state = run_loop(tmp_path, made, config, progress=ConsoleProgress(console))
    assert state.step == Plan(LOOP_EXAMPLES, config).total_steps
    assert len(kept) == 3 and kept[-1] == state.best_step == state.step
    text = console.export_text()
    assert text.count("dev has no entity") == 1 and "the last weights are kept" in text
    assert "learning rate is too high" not in text


def test_of_models_that_find_nothing_the_last_is_kept(tmp_path, no_steps):
    kept: list[int] = []
    state = run_loop(tmp_path, loop_task([0.0, 0.0, 0.0], kept))
    assert len(kept) == 3 and state.best_step == kept[-1]
    kept.clear()
    config = TrainingConfig(epochs=9, learning_rate=1e-3, token_budget=256, evaluate_every=1, patience=2)
    assert run_loop(tmp_path, loop_task([0.0, 0.5, 0.0, 0.0], kept), config).step == 4 and kept == [1, 2]


@pytest.mark.parametrize(("step", "minutes"), [(1, 0.0), (3, 99.0)])
def test_weights_that_become_nan_stop_before_they_are_kept(tmp_path, no_steps, monkeypatch, step, minutes):
    """Of a step whose own loss was finite: before a checkpoint, or before an evaluation."""
    made, steps = loop_task(), []
    real = training.make_train_step

    def poisoned(model, *arguments):
        run = real(model, *arguments)

        def run_step(*inputs):
            loss = run(*inputs)
            steps.append(1)
            if len(steps) == step:
                variable = model.trainable_variables[0]
                variable.assign(np.full(variable.shape, np.nan))
            return loss

        return run_step

    monkeypatch.setattr(training, "make_train_step", poisoned)
    config = TrainingConfig(
        epochs=9, learning_rate=1e-3, token_budget=256, checkpoint_minutes=minutes, evaluate_every=3
    )
    with pytest.raises(
        TrainingError, match=rf"weights are no longer finite after step {step}\. .*are kept.*learning rate"
    ):
        run_loop(tmp_path, made, config)
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_nothing_to_learn_from():
    empty = examples_of([type(d)(d.id, d.text) for d in toy_documents(3, 1)])
    with pytest.raises(TrainingError, match="nothing to learn from"):
        fit(
            Task("toy", predecessor_from(make_weights()), empty, list, list, {}),
            LOOP_CONFIG,
            None,
            Silence(),
            False,
        )
