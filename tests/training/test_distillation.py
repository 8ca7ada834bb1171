"""Losses between a student and its teacher, against their formulas, and one training with them."""

import numpy as np
import pytest

from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model.variables import tensors_of
from bert_mrc_theseus.mrc.batch_types import Targets
from bert_mrc_theseus.training.config import Distillation
from bert_mrc_theseus.training.distillation import Teacher, border_loss, logit_loss
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.models import batch_of, draws, make_weights

RANDOM = np.random.default_rng(0)
STUDENT, TEACHER = (RANDOM.normal(0, 3, (3, 5, 2)).astype("float32") for _ in range(2))
MASK = (RANDOM.random((3, 5)) < 0.7).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype("float64")))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_logit_loss_is_the_divergence_of_two_bernoullis(temperature):
    p, q = sigmoid(TEACHER / temperature), sigmoid(STUDENT / temperature)
    divergence = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    expected = temperature**2 * (divergence * MASK[..., None]).sum() / (2 * MASK.sum())
    assert float(logit_loss(STUDENT, TEACHER, MASK, temperature)) == pytest.approx(expected, rel=1e-4)
    assert float(logit_loss(TEACHER, TEACHER, MASK, temperature)) == pytest.approx(0.0, abs=1e-6)


def test_border_loss_is_the_mean_squared_difference_of_valid_tokens():
    mine, theirs = (RANDOM.normal(0, 1, (2, 3, 5, 4)).astype("float32") for _ in range(2))
    expected = (((mine - theirs) ** 2).mean(axis=-1) * MASK).sum() / (2 * MASK.sum())
    assert float(border_loss(list(mine), list(theirs), MASK)) == pytest.approx(expected, rel=1e-5)


def test_no_weight_is_no_distillation():
    assert not Distillation() and Distillation(logits=0.1) and Distillation(borders=0.1)


@pytest.mark.parametrize("settings", [Distillation(logits=100.0), Distillation(borders=100.0)])
def test_a_student_comes_nearer_to_its_teacher_which_stays(settings):
    predecessor = predecessor_from(make_weights(layers=4), prior=0.3)
    predecessor.heads.kernel.assign(np.random.default_rng(1).standard_normal((16, 2)))
    before = tensors_of(predecessor.named_weights())
    student = TheseusModel(predecessor, 2).extract_successor()
    predecessor.trainable = False
    teacher = Teacher(predecessor, settings)
    batch = batch_of([9, 14])

    def lacks():
        return float(teacher.loss(batch, student.forward(batch)))

    first = lacks()
    step = make_train_step(
        student, build_optimizer(student.trainable_variables, 1e-2, 100, weight_decay=0.0), "bce", teacher=teacher
    )
    # The labels say nothing of what the teacher says; they weigh a hundredth.
    targets = Targets(np.zeros((2, 14, 2), "float32"), np.ones(2, "float32"))
    for number in range(40):
        step(batch, targets, draws(number))
    assert lacks() < 0.5 * first
    for name, tensor in tensors_of(predecessor.named_weights()).items():
        assert tensor.tobytes() == before[name].tobytes(), name
