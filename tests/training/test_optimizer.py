"""AdamW against its formula in NumPy."""

import keras
import numpy as np
import pytest

from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.training.optimizer import HEADS_FACTOR, build_optimizer
from bert_mrc_theseus.training.schedules import warmup_linear_decay
from tests.helpers.models import make_weights

PEAK, TOTAL, WARMUP, DECAY, CLIP = 1e-2, 10, 0.2, 0.1, 1.0


def variables_like(shapes):
    return [keras.Variable(np.full(shape, 0.5, "float32"), name=name) for name, shape in shapes.items()]


def test_updates_follow_the_formula():
    variables = variables_like({"kernel": (3, 2), "bias": (2,), "gamma": (2,)})
    heads = variables_like({"head": (2, 2)})
    everything = [*variables, *heads]
    optimizer = build_optimizer(everything, PEAK, TOTAL, WARMUP, DECAY, CLIP, new={"heads.span.weight": heads[0]})
    random = np.random.default_rng(0)
    expected = [v.numpy().astype(np.float64) for v in everything]
    momentum = [np.zeros_like(v) for v in expected]
    velocity = [np.zeros_like(v) for v in expected]
    for step in range(6):
        gradients = [random.standard_normal(v.shape) for v in expected]
        optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32")) for g in gradients], everything)
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        for i, gradient in enumerate(gradients):
            rate = warmup_linear_decay(step, peak=PEAK, warmup=2, total=TOTAL)
            if everything[i].name in ("kernel", "head"):
                # Keras decays by the rate of the encoder, for the heads too.
                expected[i] -= rate * DECAY * expected[i]
            rate *= HEADS_FACTOR if everything[i].name == "head" else 1.0
            gradient = gradient * min(1.0, CLIP / norm)
            momentum[i] = 0.9 * momentum[i] + 0.1 * gradient
            velocity[i] = 0.999 * velocity[i] + 0.001 * gradient**2
            m, v = momentum[i] / (1 - 0.9 ** (step + 1)), velocity[i] / (1 - 0.999 ** (step + 1))
            expected[i] -= rate * m / (np.sqrt(v) + 1e-8)
        for variable, value in zip(everything, expected, strict=True):
            np.testing.assert_allclose(variable.numpy(), value, rtol=2e-4, err_msg=f"{variable.name} at {step}")


def test_repeated_rows_of_an_embedding_are_summed_before_the_norm():
    import tensorflow as tf

    table = keras.Variable(np.zeros((4, 2), "float32"), name="table")
    optimizer = build_optimizer([table], PEAK, TOTAL, WARMUP, 0.0, CLIP)
    for scale in (3.0, 0.1):
        with tf.GradientTape() as tape:
            loss = scale * tf.reduce_sum(tf.gather(table.value, [1, 1, 2]))
        gradient = tape.gradient(loss, table.value)
        assert isinstance(gradient, tf.IndexedSlices) and gradient.shape[0] == 4 and len(gradient.indices) == 3
        before = table.numpy()
        optimizer.apply([gradient], [table])
    # Adam's first step is the sign of the gradient alone; the second shows how large the first gradient was. Row 1 is looked
    # up twice: 6 and 3 are the sums of step 1, of norm sqrt(2 x 36 + 2 x 9), which is clipped to 1; 0.2 and 0.1 of step 2 stay.
    rate = warmup_linear_decay(1, peak=PEAK, warmup=2, total=TOTAL)
    for row, first, second in ((1, 6 / np.sqrt(90), 0.2), (2, 3 / np.sqrt(90), 0.1)):
        momentum = (0.09 * first + 0.1 * second) / (1 - 0.9**2)
        velocity = (0.000999 * first**2 + 0.001 * second**2) / (1 - 0.999**2)
        np.testing.assert_allclose(before[row] - table.numpy()[row], rate * momentum / np.sqrt(velocity), rtol=1e-4)
    assert not table.numpy()[[0, 3]].any()


def test_only_kernels_and_embeddings_decay():
    model = predecessor_from(make_weights())
    variables = model.trainable_variables
    optimizer = build_optimizer(variables, PEAK, TOTAL, WARMUP, DECAY)
    before = [variable.numpy() for variable in variables]
    # Without a gradient, decay alone moves anything.
    optimizer.apply([keras.ops.zeros_like(variable) for variable in variables], variables)
    kept = 1 - DECAY * warmup_linear_decay(0, peak=PEAK, warmup=2, total=TOTAL)
    decayed = 0
    for variable, value in zip(variables, before, strict=True):
        is_matrix = value.ndim == 2
        assert value.any() and is_matrix != variable.path.endswith(("bias", "beta", "gamma")), variable.path
        np.testing.assert_allclose(
            variable.numpy(), value * (kept if is_matrix else 1.0), rtol=1e-6, err_msg=variable.path
        )
        decayed += is_matrix
    assert 0 < decayed < len(variables)


@pytest.mark.parametrize("step", [0, 1, 2, 5, 9])
def test_the_schedule_is_the_pure_function(step):
    optimizer = build_optimizer(variables_like({"kernel": (1, 1)}), PEAK, TOTAL, WARMUP)
    optimizer.iterations.assign(step)
    found = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    assert found == pytest.approx(warmup_linear_decay(step, peak=PEAK, warmup=2, total=TOTAL), rel=1e-6)
