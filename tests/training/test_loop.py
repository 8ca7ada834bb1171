"""The training loop on its own: what it does when something goes wrong."""

import io

import numpy as np
import pytest
from rich.console import Console

from bert_mrc_theseus.errors import TrainingError
from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.training import loop as training
from bert_mrc_theseus.training.config import TrainingConfig
from bert_mrc_theseus.training.loop import Task, fit
from bert_mrc_theseus.training.plan import Plan
from bert_mrc_theseus.training.progress import ConsoleProgress, Silence
from tests.helpers.documents import toy_documents
from tests.helpers.models import examples_of, make_weights
from tests.helpers.runs import LOOP_CONFIG, LOOP_EXAMPLES, loop_task, run_loop


def test_the_best_model_is_kept_and_patience_stops(tmp_path):
    kept = []
    made = loop_task([0.2, 0.6, 0.5, 0.6, 0.9], kept)
    state = run_loop(
        tmp_path, made, TrainingConfig(epochs=9, learning_rate=1e-3, token_budget=256, evaluate_every=1, patience=2)
    )
    assert kept == [1, 2] and state.best_step == 2 and state.step == 4


def test_without_patience_it_runs_to_the_end(tmp_path):
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


def test_a_model_that_predicts_nothing_is_reported(tmp_path):
    console = Console(record=True, file=io.StringIO(), width=200)
    run_loop(tmp_path, loop_task([0.0]), progress=ConsoleProgress(console))
    text = console.export_text()
    assert "predicts nothing" in text and "learning rate is too high" in text


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
