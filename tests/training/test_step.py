"""One training step: what moves, what stays, and how a pair's weight counts."""

import keras
import numpy as np
import pytest

from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model.variables import tensors_of
from bert_mrc_theseus.model_files.model_config import MatchShape
from bert_mrc_theseus.mrc.batch_types import PairBatch, Targets, Tokens
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.models import batch_of, draws, make_weights

LAYERS, MODULES = 4, 2


def test_the_match_loss_teaches_its_head_and_nothing_else():
    learnt = []
    for true in (0.0, 1.0):
        keras.utils.set_random_seed(1)
        model = predecessor_from(make_weights(), match=MatchShape(4, 6))
        step = make_train_step(model, build_optimizer(model.trainable_variables, 1e-2, 10, clip=1e9), "bce")
        labels = np.zeros((2, 14, 2), "float32")
        labels[:, 7, 0] = labels[:, 8, 1] = 1.0
        matches = np.zeros((2, 14, 14), "float32")
        matches[:, 7, 8] = true
        step(batch_of([9, 14]), Targets(labels, np.ones(2, "float32"), matches), draws())
        learnt.append(tensors_of(model.named_weights()))
    changed = {name for name in learnt[0] if not np.array_equal(learnt[0][name], learnt[1][name])}
    assert changed and all(name.startswith("heads.match") for name in changed)


@pytest.fixture
def predecessor():
    return predecessor_from(make_weights(layers=LAYERS), prior=0.3)


def stepper(theseus):
    optimizer = build_optimizer(theseus.trainable_variables, 1e-2, 10, warmup=0.0, weight_decay=0.0)
    return make_train_step(theseus, optimizer, "bce", replacing=True)


def labels_for(batch):
    labels = np.zeros((*batch.tokens.ids.shape, 2), "float32")
    labels[:, 5] = 1.0
    return labels


def test_stage_1_leaves_predecessor_embeddings_and_heads_bit_identical(predecessor):
    before = tensors_of(predecessor.named_weights())
    theseus = TheseusModel(predecessor, MODULES)
    successor_before = tensors_of(theseus.successor_weights())
    step = stepper(theseus)
    batch = batch_of([9, 14])
    for number in range(4):
        replaced = [number % 2 == 0, number % 2 == 1]
        step(batch, Targets(labels_for(batch), np.ones(2, "float32")), draws(number, replaced))
    for name, tensor in tensors_of(predecessor.named_weights()).items():
        assert tensor.tobytes() == before[name].tobytes(), name
    after = tensors_of(theseus.successor_weights())
    moved = {name.split(".")[2] for name in after if name.startswith("encoder.layer") and
             not np.array_equal(after[name], successor_before[name])}  # fmt: skip
    assert moved == {"0", "1"}


def first_loss(rows, weights):
    model = predecessor_from(make_weights(), prior=0.3)
    model.heads.kernel.assign(np.random.default_rng(1).standard_normal((16, 2)))
    before = np.array(model.heads.kernel)
    step = make_train_step(model, build_optimizer(model.trainable_variables, 1e-2, 10, weight_decay=0.0), "bce")
    whole = batch_of([9, 14])
    batch = PairBatch(Tokens(whole.tokens.ids[rows]), whole.query_lengths[rows], whole.lengths[rows])
    labels = np.random.default_rng(0).integers(0, 2, (2, 14, 2)).astype("float32")[rows]
    loss = step(batch, Targets(labels, np.array(weights, "float32")), draws())
    return loss, not np.array_equal(np.array(model.heads.kernel), before)


def test_a_weight_of_zero_teaches_nothing_and_less_weight_counts_less():
    assert first_loss([0, 1], [0.0, 0.0]) == (0.0, False)
    alone, learnt = first_loss([0], [1.0])
    other, _ = first_loss([1], [1.0])
    assert learnt and first_loss([0, 1], [1.0, 0.0])[0] == pytest.approx(alone, rel=1e-5)
    # 4 and 9 context tokens.
    expected = (4 * alone + 0.5 * 9 * other) / (4 + 0.5 * 9)
    assert first_loss([0, 1], [1.0, 0.5])[0] == pytest.approx(expected, rel=1e-5)
