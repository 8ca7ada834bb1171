"""Which engine runs a saved model: ONNX Runtime where the model was exported, else Keras."""

from pathlib import Path

from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import ModelError, UsageError
from bert_mrc_theseus.model_files.model_folder import ONNX, WEIGHTS, ModelSpec, load_model, load_spec

ENGINES = ("auto", "onnx", "keras")


def choose_engine(folder: str | Path, wanted: str = "auto") -> str:
    """ "onnx" or "keras".

    Args:
        folder: model folder.
        wanted: one of `ENGINES`; "auto" takes ONNX if the folder has graphs.

    Raises:
        UsageError: unknown engine.
        ModelError: "onnx" is wanted but the folder has no graphs.
    """
    if wanted not in ENGINES:
        raise UsageError(f"the engine is one of {', '.join(ENGINES)}. Received: {wanted!r}")
    exported = (Path(folder) / ONNX).is_dir()
    if wanted == "onnx" and not exported:
        raise ModelError(f"{folder} has no {ONNX}: write it with: bert-mrc-theseus export {folder} --to onnx")
    return "keras" if wanted == "keras" or not exported else "onnx"


def engine_files(folder: str | Path, engine: str) -> list[Path]:
    """The files of a model folder that hold what an engine ("onnx" or "keras") computes with."""
    return sorted((Path(folder) / ONNX).glob("*.onnx")) if engine == "onnx" else [Path(folder) / WEIGHTS]


def load_engine(folder: str | Path, wanted: str = "auto") -> tuple[ModelSpec, Engine]:
    """A model folder's spec and what runs it.

    Args:
        folder: model folder.
        wanted: see `choose_engine`.

    Raises:
        UserError, ModelError: see `choose_engine`, `load_spec` and `import_tensorflow`.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.package_data import bundled_model
        >>> spec, engine = bmt.engines.load_engine(bundled_model())
        >>> type(engine).__name__
        'OnnxEngine'
    """
    if choose_engine(folder, wanted) == "onnx":
        from bert_mrc_theseus.engines.onnx_engine import OnnxEngine, read_graphs

        spec = load_spec(folder)
        return spec, OnnxEngine(read_graphs(Path(folder) / ONNX), spec.config.shared.position)
    # Read first: what is wrong with the folder is said at once, TensorFlow takes seconds.
    model = load_model(folder)
    # Needed by this engine alone.
    import_tensorflow()
    from bert_mrc_theseus.engines.keras_engine import keras_engine
    from bert_mrc_theseus.model.build import keras_model

    return model.spec, keras_engine(keras_model(model, str(folder)))
