"""The span and match heads."""

import numpy as np
import pytest

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model.heads import MatchHead
from bert_mrc_theseus.model_files.model_config import MatchShape
from tests.helpers.models import batch_of

RANDOM = np.random.default_rng(0)


def random_head(hidden=8, size=4, longest=4):
    head = MatchHead(hidden, MatchShape(size, longest))
    random = np.random.default_rng(7)
    for variable in head.trainable_variables:
        variable.assign(random.standard_normal(variable.shape))
    return head


def test_the_head_is_a_scaled_product_of_rotated_vectors_with_a_term_for_the_length():
    head, hidden = random_head(), RANDOM.standard_normal((2, 6, 8)).astype("float32")
    found = np.array(head(hidden))
    kernel, bias, lengths = (np.array(v) for v in (head.kernel, head.bias, head.lengths))
    projected = hidden @ kernel + bias
    # Pairs of dimensions as complex numbers: turning both ends by their positions is turning one by the distance.
    first, last = (part[..., :2] + 1j * part[..., 2:] for part in (projected[..., :4], projected[..., 4:]))
    frequencies = np.array([1.0, 10000.0**-0.5])
    for i in range(6):
        for j in range(6):
            if 0 <= j - i < 4:
                turned = last[:, j] * np.exp(1j * (j - i) * frequencies)
                expected = (first[:, i].conj() * turned).real.sum(-1) / np.sqrt(4) + lengths[j - i]
                np.testing.assert_allclose(found[:, i, j], expected, rtol=1e-4, atol=1e-5)
            else:
                assert (found[:, i, j] < -1e8).all()


@pytest.mark.parametrize("size", [0, 5])
def test_an_odd_size_is_refused(size):
    with pytest.raises(ValueError, match="even"):
        MatchShape(size, 4)


def test_heads_start_at_the_prior(weights):
    tensors = {name: np.zeros_like(t) for name, t in weights.tensors.items()}
    silent = type(weights)(weights.config, weights.vocab, tensors)
    model = predecessor_from(silent, prior=0.03)
    np.testing.assert_allclose(keras_engine(model).run(batch_of([8])), 0.03, rtol=1e-4)
