"""Importing TensorFlow without its greeting, and Keras on the backend that was asked for."""

import os
import sys
import tempfile

from bert_mrc_theseus.errors import UserError


def import_tensorflow() -> None:
    """Imports TensorFlow; what it writes to standard error meanwhile is shown only if that fails.

    Its C++ part writes lines about CUDA and oneDNN before any log level holds, and more when it first looks for devices,
    so the file descriptor itself is held. Where Keras runs on JAX, TensorFlow may be missing; it writes TensorBoard's files
    alone, and is not shown the GPUs, whose memory it would take.

    Raises:
        UserError: TensorFlow is not installed, or Keras has no such backend.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    backend = os.environ.get("KERAS_BACKEND")
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 2)
            try:
                import tensorflow as tf

                if backend == "jax":
                    tf.config.set_visible_devices([], "GPU")
                tf.config.list_logical_devices()
            except BaseException:
                held.seek(0)
                os.write(kept, held.read())
                raise
            finally:
                os.dup2(kept, 2)
    except ModuleNotFoundError as error:
        if backend != "jax":
            raise UserError(
                f"{error}. Training needs it, and so do models that were not exported to ONNX (bert-mrc-theseus export MODEL "
                f"--to onnx, where it is): pip install 'bert-mrc-theseus[train]', or make setup in a clone"
            ) from error
    finally:
        os.close(kept)
    try:
        import keras  # noqa: F401
    except (ModuleNotFoundError, ValueError) as error:
        raise UserError(
            f"Keras cannot be loaded with the backend {backend!r}: {error}. Install that backend (JAX: pip install "
            f"'bert-mrc-theseus[train,jax]'), or unset KERAS_BACKEND"
        ) from error
