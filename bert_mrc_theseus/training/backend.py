"""The Keras backends that training runs on."""

from bert_mrc_theseus.errors import UserError

BACKENDS = ("tensorflow", "jax")


SHARES_BATCHES = "jax"
"""The one that shares the batches of a training out among several devices."""


def check_backend(name: str | None, devices: int = 1) -> None:
    """Refuses a backend that training does not run on: before Keras is imported, which takes seconds.

    Args:
        name: of the backend, such as the variable KERAS_BACKEND has it; None or empty: Keras' default.
        devices: that are to train.

    Raises:
        UserError: it is another, or trains on one device alone.
    """
    if name and name not in BACKENDS:
        raise UserError(
            f"training runs on Keras' backends {' and '.join(BACKENDS)}, not on {name!r}: set KERAS_BACKEND to one of them"
        )
    if name and devices > 1 and name != SHARES_BATCHES:
        raise UserError(
            f"on Keras' backend {name} training runs on one device: set KERAS_BACKEND={SHARES_BATCHES} to train on "
            f"{devices} (pip install 'bert-mrc-theseus[train,jax]'), or leave --devices out"
        )
