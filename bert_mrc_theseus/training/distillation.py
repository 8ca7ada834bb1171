"""Knowledge distillation: the successor also learns from what the predecessor says and thinks of the same examples.

Two terms are added to the loss: on the logits, with a temperature (Hinton et al., 2015, section 2, for two classes), and on the
hidden states at module borders, which Theseus aligns anyway (as in Sun et al., 2019, Patient Knowledge Distillation).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from keras import ops

from bert_mrc_theseus.training.losses import per_token


@dataclass(frozen=True, slots=True)
class Distillation:
    """How much the predecessor teaches.

    Attributes:
        logits: weight of `logit_loss`; the labels' loss keeps weight 1.
        temperature: that the logits are divided by.
        borders: weight of `border_loss`.
    """

    logits: float = 0.0
    temperature: float = 2.0
    borders: float = 0.0

    def __bool__(self) -> bool:
        return self.logits > 0.0 or self.borders > 0.0


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
    for mine, theirs in zip(student, teacher, strict=True):
        difference = ops.cast(mine, "float32") - ops.cast(theirs, "float32")
        total += ops.sum(ops.square(difference) * weight) / (tokens * ops.shape(mine)[-1])
    return total / len(student)
