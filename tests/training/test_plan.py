"""Which pairs each step of a run sees."""

from dataclasses import replace

import numpy as np
import pytest
from bert_mrc_theseus.preprocess.type_map import rename_types

from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.training.config import Plan, TrainingConfig, positive_prior
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
    located = [plan.locate(step) for step in range(plan.total_steps)]
    assert located == [(e, i) for e in range(3) for i in range(len(plan.batches(e)))]
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
    labels = EXAMPLES.labels(EXAMPLES.all_pairs())
    tokens = len(SCHEMA.types) * sum(map(len, EXAMPLES.contexts))
    assert positive_prior(EXAMPLES) == pytest.approx(labels[:, :, 0].sum() / tokens)
