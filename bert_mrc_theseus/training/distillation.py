"""Knowledge distillation: the successor also learns from what the predecessor says and thinks of the same examples.

Two terms are added to the loss: on the logits, with a temperature (Hinton et al., 2015, section 2, for two classes), and on the
hidden states at module borders, which Theseus aligns anyway (as in Sun et al., 2019, Patient Knowledge Distillation).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from keras import ops

from bert_mrc_theseus.model.mrc_model import ModelOutput, MRCModel
from bert_mrc_theseus.model.token_layout import context_mask, state_mask
from bert_mrc_theseus.model_files.successor import group_layers
from bert_mrc_theseus.mrc.batch_types import Batch, TextBatch, pairs_of
from bert_mrc_theseus.training.config import Distillation
from bert_mrc_theseus.training.losses import per_token


def logit_loss(student, teacher, mask, temperature: float):
    """Cross-entropy of softened probabilities less the teacher's own entropy, times the temperature's square: 0 where equal.

    Args:
        student, teacher: logits (B, L, 2).
        mask: (B, L), 1 on context tokens.
        temperature: both are divided by.
    """
    soft = ops.sigmoid(teacher / temperature)

    def cross_entropy(logits):
        return ops.softplus(logits) - logits * soft

    return temperature**2 * per_token(cross_entropy(student / temperature) - cross_entropy(teacher / temperature), mask)


def border_loss(student: Sequence, teacher: Sequence, valid):
    """Mean squared difference of hidden states (B, L, H) at each module's end, over the tokens where `valid` (B, L) is 1."""
    weight = ops.expand_dims(valid, -1)
    tokens = ops.maximum(ops.sum(valid), 1.0)
    total = 0.0
    for student_states, teacher_states in zip(student, teacher, strict=True):
        difference = ops.cast(student_states, "float32") - ops.cast(teacher_states, "float32")
        total += ops.sum(ops.square(difference) * weight) / (tokens * ops.shape(student_states)[-1])
    return total / len(student)


@dataclass(frozen=True)
class Teacher:
    """A predecessor that teaches; it has no dropout and is not trained."""

    model: MRCModel
    distillation: Distillation

    def loss(self, batch: Batch, student: ModelOutput):
        """What the student's hidden states at its module borders, and its logits, lack."""
        _, states, _, logits = self.model.forward(batch if isinstance(batch, TextBatch) else pairs_of(batch))
        settings = self.distillation
        value = 0.0
        if settings.logits:
            value += settings.logits * logit_loss(
                student.logits, ops.stop_gradient(logits), context_mask(batch), settings.temperature
            )
        if settings.borders:
            groups = group_layers(len(states), len(student.states))
            ends = [ops.stop_gradient(states[group[-1]]) for group in groups]
            value += settings.borders * border_loss(student.states, ends, state_mask(batch))
        return value
