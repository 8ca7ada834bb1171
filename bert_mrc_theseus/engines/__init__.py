"""What runs a model: Keras, or ONNX Runtime.

thread_pool          the threads of an engine
engine               what every engine does: `Engine`
import_tensorflow    TensorFlow without its greeting
control_flow         graphs that might not end
onnx_runtime         ONNX Runtime, without its telemetry
keras_engine         a model on Keras
graph_files          the two graphs of a model folder
graph_engine         what both engines on graphs have in common
onnx_engine          graphs that read query and context together
onnx_text_engine     graphs that read them apart
choose               which of them runs a model folder: `load_engine`
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from bert_mrc_theseus.engines.choose import load_engine
    from bert_mrc_theseus.engines.engine import Engine

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submod_attrs={"choose": ["load_engine"], "engine": ["Engine"]})

__all__ = ["Engine", "load_engine"]
