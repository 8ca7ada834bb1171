"""Which engine runs a saved model: ONNX Runtime where the model was exported, else Keras."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import ModelError, UsageError
from bert_mrc_theseus.model_files.model_folder import ONNX, WEIGHTS, load_model, load_spec
from bert_mrc_theseus.model_files.model_spec import ModelSpec

if TYPE_CHECKING:
    from bert_mrc_theseus.engines.onnx_runtime import RunGraph

ENGINES = ("auto", "onnx", "keras")

PROVIDED = "onnx:"
"""Before the name of a provider of ONNX Runtime, such as "onnx:cuda"; without one it is the processor."""


def choose_engine(folder: str | Path, wanted: str = "auto") -> str:
    """ "onnx", "keras", or "onnx:PROVIDER".

    Args:
        folder: model folder.
        wanted: one of `ENGINES`, or "onnx:" and a provider of ONNX Runtime; "auto" takes ONNX if the folder has graphs.

    Raises:
        UsageError: unknown engine.
        ModelError: there is no such folder, or "onnx" is wanted but the folder has no graphs.
    """
    provided = wanted.startswith(PROVIDED) and wanted != PROVIDED
    if wanted not in ENGINES and not provided:
        raise UsageError(
            f"the engine is one of {', '.join(ENGINES)}, or {PROVIDED}PROVIDER such as {PROVIDED}cuda. Received: {wanted!r}"
        )
    if not os.path.isdir(folder):
        raise ModelError(f"{folder}: there is no such folder")
    exported = (Path(folder) / ONNX).is_dir()
    if (wanted == "onnx" or provided) and not exported:
        raise ModelError(f"{folder} has no {ONNX}: write it with: bert-mrc-theseus export {folder} --to onnx")
    if provided:
        return wanted
    return "keras" if wanted == "keras" or not exported else "onnx"


def engine_files(folder: str | Path, engine: str) -> list[Path]:
    """The files of a model folder that hold what an engine computes with; `choose_engine` names it."""
    return [Path(folder) / WEIGHTS] if engine == "keras" else sorted((Path(folder) / ONNX).glob("*.onnx"))


def onnx_engine(
    spec: ModelSpec,
    graphs: tuple[bytes, bytes],
    threads: int | None = None,
    run: "RunGraph | None" = None,
    source: str = "",
    provider: str = "",
) -> Engine:
    """What runs the graphs of a model on ONNX Runtime.

    Args:
        spec: of the model.
        graphs: the lower and the upper one, serialised.
        threads: that compute at a time; by default as many as this process has cores.
        run: what runs a graph, see `OnnxEngine`.
        source: the folder that the graphs are from, for messages.
        provider: of ONNX Runtime; default: the processor.

    Raises:
        ModelError: a graph is damaged.
        UserError: the provider is not there, or cannot be started.
    """
    from bert_mrc_theseus.engines.onnx_runtime import CPU

    provider = provider or CPU
    if spec.config.shares_all:
        from bert_mrc_theseus.engines.onnx_text_engine import OnnxTextEngine

        return OnnxTextEngine(graphs, threads, run, source, provider)
    from bert_mrc_theseus.engines.onnx_engine import OnnxEngine

    return OnnxEngine(graphs, spec.config.shared.position, threads, run, source, provider)


def load_engine(folder: str | Path, wanted: str = "auto", threads: int | None = None) -> tuple[ModelSpec, Engine]:
    """A model folder's spec and what runs it.

    Args:
        folder: model folder.
        wanted: see `choose_engine`.
        threads: of ONNX Runtime that compute at a time; by default as many as this process has cores.

    Raises:
        UsageError: threads are given for Keras.
        UserError, ModelError: see `choose_engine`, `load_spec` and `import_tensorflow`.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> from bert_mrc_theseus.package_data import bundled_model
        >>> spec, engine = bmt.engines.load_engine(bundled_model())
        >>> type(engine).__name__
        'OnnxTextEngine'
    """
    chosen = choose_engine(folder, wanted)
    if chosen != "keras":
        from bert_mrc_theseus.engines.graph_files import check_graphs, read_graphs

        spec = load_spec(folder)
        graphs = read_graphs(folder)
        # Side by side: each takes tens of milliseconds, and Python waits for both.
        with ThreadPoolExecutor(1) as pool:
            checked = pool.submit(check_graphs, folder, graphs)
            try:
                engine = onnx_engine(spec, graphs, threads, source=str(folder), provider=chosen.partition(":")[2])
            finally:
                # What is wrong with the file says more than what came of it.
                checked.result()
        return spec, engine
    if threads is not None:
        raise UsageError(f"threads can be chosen for ONNX Runtime alone; Keras has its own: export {folder} --to onnx")
    # Read first: what is wrong with the folder is said at once, TensorFlow takes seconds.
    model = load_model(folder)
    # Needed by this engine alone.
    import_tensorflow()
    from bert_mrc_theseus.engines.keras_engine import keras_engine
    from bert_mrc_theseus.model.build import keras_model

    return model.spec, keras_engine(keras_model(model, str(folder)))
