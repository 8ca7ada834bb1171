"""Several devices that train one model: each has all variables and reads its share of a batch (data parallelism).

Keras lays the variables out, and `model.jax_backend` the batches. Loss and gradients are those of the whole batch, whatever the
number of devices: a run gives the same weights on one device as on several, to rounding.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from bert_mrc_theseus.errors import UserError


@contextmanager
def on_devices(count: int) -> Iterator[None]:
    """Models and optimizers that are made meanwhile have their variables on each of the first `count` devices.

    Raises:
        UserError: there are fewer.
    """
    if count == 1:
        yield
        return
    names = keras.distribution.list_devices()
    if count > len(names):
        raise UserError(
            f"there are no {count} devices here to train on: JAX sees {len(names)} ({', '.join(names)}). GPUs it sees with its "
            f"packages for them alone, such as jax[cuda13] (docs/gpu.md)"
        )
    with keras.distribution.DataParallel(devices=names[:count]).scope():
        yield
