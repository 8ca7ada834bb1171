"""AdamW (Loshchilov & Hutter, 2019) for fine-tuning BERT: no weight decay on biases and LayerNorm, clipping by global norm.

On TensorFlow the update of a variable is one fused operation instead of Keras' dozen passes over memory.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from bert_mrc_theseus.training.schedules import warmup_linear_decay

HEADS_FACTOR = 10.0
"""Learning rate of the heads over that of the encoder. At a fine-tuning rate their logits, which start at the log-odds of a
rare label, take an epoch to rise above 0; until then the model ranks spans well and predicts none."""

NEW_FACTOR = 5.0
"""The same for what else is new beside a pretrained encoder."""


class WarmupLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """`schedules.warmup_linear_decay` as a Keras schedule."""

    def __init__(self, peak: float, warmup: int, total: int):
        super().__init__()
        self.peak, self.warmup, self.total = peak, warmup, total

    def __call__(self, step):
        step = ops.cast(step, "float32")
        return warmup_linear_decay(
            step, peak=self.peak, warmup=self.warmup, total=self.total, minimum=ops.minimum, maximum=ops.maximum
        )

    def get_config(self) -> dict:
        return {"peak": self.peak, "warmup": self.warmup, "total": self.total}


class AdamW(keras.optimizers.AdamW):
    """Keras' AdamW with dense gradients and, on TensorFlow, a fused update.

    On TensorFlow, gradients of the embedding tables arrive as indexed slices with repeated indices, whose global norm Keras
    would take without summing the repeats.

    Args:
        faster: variables whose learning rate is not that of the others, and by which factor.
    """

    def __init__(self, *args, faster: Sequence[tuple[Any, float]] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self._faster = list(faster)

    def build(self, variables):
        super().build(variables)
        # Backends hand the update their own variables: only the index says which of ours it is.
        self._factors = {i: factor for i, v in enumerate(variables) for fast, factor in self._faster if v is fast}

    def apply(self, grads, trainable_variables=None):
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            grads = [gradient if gradient is None else tf.convert_to_tensor(gradient) for gradient in grads]
            # Once for all variables: a graph with one of each for every variable takes longer to make.
            step = tf.cast(self.iterations + 1, tf.float32)
            self._powers = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)
        super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        if index in self._factors:
            learning_rate = learning_rate * self._factors[index]
        if keras.backend.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=self._powers[0],
            beta2_power=self._powers[1],
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def build_optimizer(
    variables: Sequence,
    peak: float,
    total_steps: int,
    warmup: float = 0.1,
    weight_decay: float = 0.01,
    clip: float = 1.0,
    new: Mapping[str, Any] | None = None,
) -> AdamW:
    """An AdamW ready for `variables`.

    Args:
        variables: the trainable variables.
        peak: highest learning rate.
        total_steps: step at which the learning rate is 0.
        warmup: share of `total_steps` during which the rate rises.
        weight_decay: decoupled weight decay of everything but biases and LayerNorm.
        clip: largest global norm of the gradient.
        new: those of `variables` that start from nothing, by name: heads learn `HEADS_FACTOR` times as fast, others
            `NEW_FACTOR` times.
    """
    faster = [
        (variable, HEADS_FACTOR if name.startswith("heads.") else NEW_FACTOR) for name, variable in (new or {}).items()
    ]
    schedule = WarmupLinearDecay(peak, max(1, round(warmup * total_steps)), total_steps)
    optimizer = AdamW(schedule, weight_decay=weight_decay, global_clipnorm=clip, epsilon=1e-8, faster=faster)
    optimizer.exclude_from_weight_decay(var_list=[v for v in variables if v.name in ("bias", "beta", "gamma")])
    optimizer.build(variables)
    return optimizer
