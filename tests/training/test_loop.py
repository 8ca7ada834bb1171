"""The training loop on its own: what it does when something goes wrong."""

import inspect
import io
from dataclasses import asdict, replace

import numpy as np
import pytest
from bert_mrc_theseus.preprocess.type_map import rename_types
from rich.console import Console

from bert_mrc_theseus.cli.compare import compare
from bert_mrc_theseus.cli.train import DEFAULTS, train
from bert_mrc_theseus.errors import ModelError, TrainingError, UserError
from bert_mrc_theseus.evaluation.metrics import PRF, Scores
from bert_mrc_theseus.model.mrc_model import predecessor_from
from bert_mrc_theseus.mrc.examples import WindowSize, build_examples
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.text.schema import EntityType, Schema
from bert_mrc_theseus.training import loop as training
from bert_mrc_theseus.training.config import Plan, TrainingConfig, positive_prior
from bert_mrc_theseus.training.loop import CHECKPOINT, Task, fit
from tests.helpers.documents import toy_documents
from tests.helpers.models import make_weights

SCHEMA = Schema((EntityType("PER", "人名"), EntityType("LOC", "地名")))


def examples_of(documents):
    return build_examples(documents, SCHEMA, Tokenizer(make_weights().vocab), WindowSize(40, 8), 16, 128)


EXAMPLES = examples_of(toy_documents(20, 1))
CONFIG = TrainingConfig(epochs=3, learning_rate=1e-3, token_budget=256)


def task(f1s=(0.5,), kept=None, evaluated=None):
    """A task whose evaluations give these scores in turn."""
    remaining = list(f1s)

    def evaluate():
        if evaluated is not None:
            evaluated.append(1)
        tp = round(100 * (remaining.pop(0) if len(remaining) > 1 else remaining[0]))
        return Scores(PRF(tp, 100 - tp if tp else 0, 100 - tp))

    model = predecessor_from(make_weights())
    keep = (lambda state: None) if kept is None else (lambda state: kept.append(state.step))
    return Task("toy", model, EXAMPLES, evaluate, keep, {"a": 1})


def run(tmp_path, made, config=CONFIG, resume=False, console=None):
    return fit(made, config, tmp_path, console or Console(quiet=True), resume)


def test_the_plan_is_a_function_of_its_config():
    plan, again = Plan(EXAMPLES, CONFIG), Plan(EXAMPLES, CONFIG)
    other = Plan(EXAMPLES, TrainingConfig(epochs=3, token_budget=256, seed=7))
    for epoch in range(3):
        for a, b in zip(plan.batches(epoch), again.batches(epoch), strict=True):
            np.testing.assert_array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(plan.batches(0), other.batches(0), strict=False))
    assert any(not np.array_equal(a, b) for a, b in zip(plan.batches(0), plan.batches(1), strict=False))
    located = [plan.locate(step) for step in range(plan.total_steps)]
    assert located == [(e, i) for e in range(3) for i in range(len(plan.batches(e)))]
    assert [done for done in range(plan.total_steps + 1) if plan.is_epoch_end(done)][-1] == plan.total_steps


@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_pairs_without_entities_are_sampled_by_ratio(ratio):
    plan = Plan(EXAMPLES, TrainingConfig(negative_ratio=ratio, token_budget=256))
    for epoch in range(2):
        pairs = np.concatenate(plan.batches(epoch))
        positive = EXAMPLES.has_entity(pairs)
        assert positive.sum() == plan.positive_pairs
        assert (~positive).sum() == min(
            round(ratio * plan.positive_pairs), (~EXAMPLES.has_entity(EXAMPLES.all_pairs())).sum()
        )


def test_what_was_not_annotated_is_never_a_pair_without_entities():
    persons = rename_types({"train": toy_documents(20, 1)}, {"PER": "PER"})["train"]
    examples = examples_of([replace(document, annotated=("PER",)) for document in persons])
    plan = Plan(examples, TrainingConfig(negative_ratio=9.0, token_budget=256))
    assert set(np.concatenate(plan.batches(0))[:, 1]) == {SCHEMA.index("PER")}
    assert positive_prior(examples) == pytest.approx(2 * positive_prior(examples_of(persons)))


def test_the_prior_is_the_share_of_starts():
    labels = EXAMPLES.labels(EXAMPLES.all_pairs())
    tokens = len(SCHEMA.types) * sum(map(len, EXAMPLES.contexts))
    assert positive_prior(EXAMPLES) == pytest.approx(labels[:, :, 0].sum() / tokens)


def test_the_best_model_is_kept_and_patience_stops(tmp_path):
    kept = []
    made = task([0.2, 0.6, 0.5, 0.6, 0.9], kept)
    state = run(
        tmp_path, made, TrainingConfig(epochs=9, learning_rate=1e-3, token_budget=256, evaluate_every=1, patience=2)
    )
    assert kept == [1, 2] and state.best_step == 2 and state.step == 4


def test_without_patience_it_runs_to_the_end(tmp_path):
    plan, evaluated = Plan(EXAMPLES, CONFIG), []
    state = run(tmp_path, task([0.9, 0.1], evaluated=evaluated))
    assert state.step == plan.total_steps and len(evaluated) == 3 and state.best_f1 == pytest.approx(0.9)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tmp_path, monkeypatch):
    made, steps = task(), []
    real = training.make_train_step

    def poisoned(*arguments):
        step = real(*arguments)

        def run_step(batch, labels):
            steps.append(1)
            return float("nan") if len(steps) == 5 else step(batch, labels)

        return run_step

    monkeypatch.setattr(training, "make_train_step", poisoned)
    config = TrainingConfig(epochs=9, learning_rate=1e-3, token_budget=256, checkpoint_minutes=0.0)
    with pytest.raises(TrainingError, match=r"nan at step 5\. The checkpoint and the best model before it are kept"):
        run(tmp_path, made, config)
    monkeypatch.setattr(training, "make_train_step", real)
    again = task()
    console = Console(record=True, file=io.StringIO())
    state = run(tmp_path, again, config, resume=True, console=console)
    assert "resuming after step 4" in console.export_text()
    assert state.step == Plan(EXAMPLES, config).total_steps
    assert all(np.isfinite(variable.numpy()).all() for variable in again.model.variables)


def test_a_model_that_predicts_nothing_is_reported(tmp_path):
    console = Console(record=True, file=io.StringIO(), width=200)
    run(tmp_path, task([0.0]), console=console)
    text = console.export_text()
    assert "predicts nothing" in text and "learning rate is too high" in text


def test_nothing_to_learn_from():
    empty = examples_of([type(d)(d.id, d.text) for d in toy_documents(3, 1)])
    with pytest.raises(TrainingError, match="nothing to learn from"):
        fit(
            Task("toy", predecessor_from(make_weights()), empty, list, list, {}),
            CONFIG,
            None,
            Console(quiet=True),
            False,
        )


def test_a_damaged_checkpoint_is_reported(tmp_path):
    run(tmp_path, task())
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
        run(tmp_path, task(), resume=True)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path, monkeypatch):
    run(tmp_path, task())
    before = (tmp_path / CHECKPOINT).read_bytes()

    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bert_mrc_theseus.training.resume.save_file", full)
    with pytest.raises(UserError, match=r"No space left on device.*still there"):
        run(tmp_path, task())
    assert (tmp_path / CHECKPOINT).read_bytes() == before and not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "bad",
    [
        {"loss": "hinge"},
        {"schedule": "cosine"},
        {"initialisation": "last"},
        {"dropout": 1.5},
        {"epochs": -1},
        {"learning_rate": -1},
    ],
)
def test_settings_that_make_no_sense(bad):
    (name,) = bad
    with pytest.raises(UserError, match=name):
        TrainingConfig(**bad)


def test_the_commands_defaults_are_the_config_s():
    config = asdict(TrainingConfig(**DEFAULTS[0]))
    names = {"tokens": "token_budget", "bfloat16": "mixed_bfloat16"}
    options = {names.get(name, name): p.default for name, p in inspect.signature(train).parameters.items()}
    for name in config.keys() - DEFAULTS[0].keys():
        assert options[name] == config[name], name
    compared = inspect.signature(compare).parameters
    assert compared["tokens"].default == config["token_budget"]
    for name in ("loss", "negative_ratio", "by_text", "dropout"):
        assert compared[name].default == config[name], name
