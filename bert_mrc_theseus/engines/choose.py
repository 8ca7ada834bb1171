"""Which engine runs a saved model: ONNX Runtime where the model was exported, else Keras."""

from pathlib import Path

from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.model_folder import ONNX, WEIGHTS, SavedModel, load_model

ENGINES = ("auto", "onnx", "keras")


def choose_engine(folder: str | Path, wanted: str = "auto") -> str:
    """ "onnx" or "keras".

    Args:
        folder: model folder.
        wanted: one of `ENGINES`; "auto" takes ONNX if the folder has graphs.

    Raises:
        UserError: unknown engine.
        ModelError: "onnx" is wanted but the folder has no graphs.
    """
    if wanted not in ENGINES:
        raise UserError(f"the engine is one of {', '.join(ENGINES)}. Received: {wanted!r}")
    exported = (Path(folder) / ONNX).is_dir()
    if wanted == "onnx" and not exported:
        raise ModelError(f"{folder} has no {ONNX}: write it with: bert-mrc-theseus export {folder} --to onnx")
    return "keras" if wanted == "keras" or not exported else "onnx"


def engine_files(folder: str | Path, engine: str) -> list[Path]:
    """The files of a model folder that hold what an engine ("onnx" or "keras") computes with."""
    return sorted((Path(folder) / ONNX).glob("*.onnx")) if engine == "onnx" else [Path(folder) / WEIGHTS]


def load_engine(folder: str | Path, wanted: str = "auto") -> tuple[SavedModel, Engine]:
    """A saved model and what runs it; for ONNX the model comes without its tensors.

    Raises:
        UserError, ModelError: see `choose_engine` and `load_model`.
    """
    if choose_engine(folder, wanted) == "onnx":
        from bert_mrc_theseus.engines.onnx_engine import OnnxEngine, read_graphs

        model = load_model(folder, tensors=False)
        return model, OnnxEngine(read_graphs(Path(folder) / ONNX), model.sharing.context_position)
    # TensorFlow is needed by this engine alone, and slow to import.
    from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model

    model = load_model(folder)
    return model, keras_engine(keras_model(model, str(folder)))
