"""Settings of a stage that make no sense."""

import pytest

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.training.config import TrainingConfig


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
