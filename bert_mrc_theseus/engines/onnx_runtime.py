"""ONNX Runtime without its telemetry; every import of it goes through here.

From version 1.29 on its builds write a database into the user's cache and send it to its maker, unless this variable is set
before the import; a call afterwards is too late. The dependency's upper bound is the last version in which this was traced
(tests/engines/test_onnx_runtime.py).
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime
from onnxruntime import InferenceSession

from bert_mrc_theseus.engines.control_flow import refuse_control_flow
from bert_mrc_theseus.errors import ModelError

RunGraph = Callable[[InferenceSession, Mapping, Sequence[str]], Sequence]
"""From a session, its inputs and the names of outputs to these."""


def open_session(
    graph: bytes, name: str = "a graph", inputs: Collection[str] = (), outputs: Collection[str] = ()
) -> InferenceSession:
    """A session that computes on the thread that calls it.

    Args:
        graph: serialised.
        name: of the graph, for messages.
        inputs, outputs: some that it must have.

    Raises:
        ModelError: the graph is damaged, or another one, or might not end.
    """
    refuse_control_flow(graph, name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # By itself it would also take its own format, which nobody has looked through.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # x86 processors without VNNI add products of uint8 and int8 in 16 bits, which overflow, unless this is set.
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions have no common base
        raise ModelError(f"{name} cannot be loaded by ONNX Runtime {onnxruntime.__version__}: {error}") from error
    for kind, wanted, there in (
        ("input", inputs, session.get_inputs()),
        ("output", outputs, session.get_outputs()),
    ):
        missing = sorted(set(wanted) - {value.name for value in there})
        if missing:
            raise ModelError(f"{name} has no {kind} {missing[0]!r}: it is another graph")
    return session


def run_graph(session: InferenceSession, inputs: Mapping, outputs: Sequence[str], source: str = "") -> Sequence:
    """Runs a graph; `source` is the folder that it is from, for messages.

    Raises:
        ModelError: it cannot be run.
    """
    try:
        return session.run(outputs, inputs)
    except Exception as error:  # see `open_session`
        raise ModelError(f"the graphs in {source or 'onnx'} cannot be run: {error}") from error
