"""Which pairs each step of a run sees."""

from dataclasses import replace

import numpy as np
import pytest
from bert_mrc_theseus.preprocess.type_map import rename_types

from bert_mrc_theseus.mrc.batch_types import SharedBatch
from bert_mrc_theseus.mrc.collate import collate, match_labels, span_labels
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.training.config import Replacing, TrainingConfig
from bert_mrc_theseus.training.plan import Plan, positive_prior
from tests.helpers.documents import toy_documents
from tests.helpers.models import SCHEMA, examples_of

EXAMPLES = examples_of(toy_documents(20, 1))
CONFIG = TrainingConfig(epochs=3, learning_rate=1e-3, token_budget=256)


def test_the_plan_is_a_function_of_its_config():
    plan, again = Plan(EXAMPLES, CONFIG), Plan(EXAMPLES, CONFIG)
    other = Plan(EXAMPLES, TrainingConfig(epochs=3, token_budget=256, seed=7))
    for epoch in range(3):
        for a, b in zip(plan.batches(epoch), again.batches(epoch), strict=True):
            np.testing.assert_array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(plan.batches(0), other.batches(0), strict=False))
    assert any(not np.array_equal(a, b) for a, b in zip(plan.batches(0), plan.batches(1), strict=False))
    # Asked for in any order, a step has its own batch.
    expected = [(epoch, pairs) for epoch in range(3) for pairs in plan.batches(epoch)]
    assert plan.total_steps == len(expected)
    for step in np.random.default_rng(0).permutation(len(expected)):
        epoch, pairs = expected[step]
        inputs = plan.inputs(step)
        assert inputs.epoch == epoch
        np.testing.assert_array_equal(inputs.batch.tokens.ids, collate(EXAMPLES, pairs).tokens.ids)
        np.testing.assert_array_equal(inputs.targets.labels, span_labels(EXAMPLES, pairs))
    with pytest.raises(IndexError, match=f"step {plan.total_steps} of {plan.total_steps}"):
        plan.inputs(plan.total_steps)
    assert [done for done in range(plan.total_steps + 1) if plan.is_epoch_end(done)][-1] == plan.total_steps


@pytest.mark.parametrize(("ratio", "without"), [(0.0, 0), (0.5, 1), (1.0, 2), (1.5, 3), (9.0, 4)])
def test_pairs_without_entities_are_sampled_by_ratio(ratio, without):
    documents = [
        Document("0", "李明在北京", (Entity(0, 2, "PER"), Entity(3, 5, "LOC"))),
        Document("1", "是不了"),
        Document("2", "在不在"),
    ]
    examples = examples_of(documents)
    plan = Plan(examples, TrainingConfig(negative_ratio=ratio, token_budget=256))
    assert plan.positive_pairs == 2
    for epoch in range(2):
        pairs = np.concatenate(plan.batches(epoch))
        assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs) == 2 + without
        assert examples.has_entity(pairs).sum() == 2


def test_what_was_not_annotated_is_never_a_pair_without_entities():
    persons = rename_types({"train": toy_documents(20, 1)}, {"PER": "PER"})["train"]
    examples = examples_of([replace(document, annotated=("PER",)) for document in persons])
    plan = Plan(examples, TrainingConfig(negative_ratio=9.0, token_budget=256))
    assert set(np.concatenate(plan.batches(0))[:, 1]) == {SCHEMA.index("PER")}
    assert positive_prior(examples) == pytest.approx(2 * positive_prior(examples_of(persons)))


def test_the_prior_is_the_share_of_starts():
    labels = span_labels(EXAMPLES, EXAMPLES.all_pairs())
    tokens = len(SCHEMA.types) * sum(len(context.ids) for context in EXAMPLES.contexts)
    assert positive_prior(EXAMPLES) == pytest.approx(labels[:, :, 0].sum() / tokens)


def test_a_step_is_given_what_its_settings_ask_for():
    silver = [replace(document, silver=True) for document in toy_documents(20, 1)[::2]]
    examples = examples_of([*silver, *toy_documents(20, 1)[1::2]])
    plan = Plan(examples, replace(CONFIG, silver_weight=0.25))
    bare = [plan.inputs(step) for step in range(plan.total_steps)]
    for epoch, inputs in enumerate(bare[: len(plan.batches(0))]):
        expected = np.where(examples.silver[plan.batches(0)[epoch][:, 0]], 0.25, 1.0)
        np.testing.assert_array_equal(inputs.targets.weights, expected)
        assert inputs.targets.match_labels is None and inputs.draws.replace is None and inputs.replace_rate is None
    # Each step has its own dropout.
    assert len({int(inputs.draws.seed) for inputs in bare}) == plan.total_steps

    full = Plan(examples, replace(CONFIG, by_text=True), Replacing(modules=5, base=0.3, reach=0.5), matches=True)
    all_inputs = [full.inputs(step) for step in range(full.total_steps)]
    first, pairs = all_inputs[0], full.batches(0)[0]
    assert isinstance(first.batch, SharedBatch)
    np.testing.assert_array_equal(first.targets.match_labels, match_labels(examples, pairs))
    rates = [inputs.replace_rate for inputs in all_inputs]
    assert rates[0] == pytest.approx(0.3) and rates[-1] == 1.0 and rates == sorted(rates)
    assert all(inputs.draws.replace.shape == (5,) for inputs in all_inputs) and all_inputs[-1].draws.replace.all()
    done = [full.all_replaced(step) for step in range(full.total_steps)]
    assert done == [rate == 1.0 for rate in rates] and not done[0]
    assert plan.all_replaced(0)
