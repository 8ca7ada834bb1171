"""The Keras backends that training runs on."""

from bert_mrc_theseus.errors import UserError

BACKENDS = ("tensorflow", "jax")


def check_backend(name: str | None) -> None:
    """Refuses a backend that training does not run on: before Keras is imported, which takes seconds.

    Args:
        name: of the backend, such as the variable KERAS_BACKEND has it; None or empty: Keras' default.

    Raises:
        UserError: it is another.
    """
    if name and name not in BACKENDS:
        raise UserError(
            f"training runs on Keras' backends {' and '.join(BACKENDS)}, not on {name!r}: set KERAS_BACKEND to one of them"
        )
