"""ONNX Runtime without its telemetry; every import of it goes through here.

From version 1.29 on its builds write a database into the user's cache and send it to its maker, unless this variable is set
before the import; a call afterwards is too late. The dependency's upper bound is the last version in which this was traced
(tests/engines/test_onnx_runtime.py).
"""

import os
from base64 import b64decode
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime
from onnxruntime import InferenceSession

from bert_mrc_theseus.engines.control_flow import refuse_control_flow
from bert_mrc_theseus.errors import ModelError, UsageError, UserError

CPU = "cpu"
"""The provider that every build of ONNX Runtime has."""

_SUFFIX = "ExecutionProvider"

_PRODUCT = b64decode(
    "CAg6XwoYCgF4CgF3EgF5Ig1NYXRNdWxJbnRlZ2VyEghwcm9kdWN0cyoPCAQIARADQgF3SgR/f39/WhMKAXgSDgoMCAISCAoCCAIK"
    "AggEYhMKAXkSDgoMCAYSCAoCCAIKAggBQgQKABAR"
)
"""A graph: y = x @ w, x uint8 (2, 4), w four times 127 as int8 (4, 1). In its serialised form, since the package `onnx` is not
there where a model only predicts."""

RunGraph = Callable[[InferenceSession, Mapping, Sequence[str]], Sequence]
"""From a session, its inputs and the names of outputs to these."""


def provider_named(name: str) -> str:
    """What ONNX Runtime calls a provider: "cuda" -> "CUDAExecutionProvider".

    Raises:
        UsageError: the installed build has no such provider.
    """
    there = {known.removesuffix(_SUFFIX).lower(): known for known in onnxruntime.get_available_providers()}
    if name.lower() not in there:
        raise UsageError(
            f"ONNX Runtime has no provider {name!r} here, but {', '.join(sorted(there))}. Others come with another build, "
            f"such as onnxruntime-gpu (cuda) or onnxruntime-openvino (openvino): installed in place of onnxruntime"
        )
    return there[name.lower()]


@cache
def products_are_right() -> bool:
    """Whether the product of uint8 and int8 is right on this processor.

    x86 processors without VNNI add pairs of such products in 16 bits, which do not always hold them. Told to
    (`session.x64quantprecision`), ONNX Runtime takes a product that is right everywhere; but it does so on every x86 processor
    (1.32), and where there is VNNI that one is 3.5 times as slow. So a product is tried that 16 bits do not hold.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = InferenceSession(_PRODUCT, options, providers=["CPUExecutionProvider"])
    (sums,) = session.run(None, {"x": np.full((2, 4), 255, np.uint8)})
    return bool((sums == 4 * 255 * 127).all())


def open_session(
    graph: bytes,
    name: str = "a graph",
    inputs: Collection[str] = (),
    outputs: Collection[str] = (),
    provider: str = CPU,
) -> InferenceSession:
    """A session that computes on the thread that calls it, or where a provider does.

    Args:
        graph: serialised.
        name: of the graph, for messages.
        inputs, outputs: some that it must have.
        provider: "cpu", or what the build of ONNX Runtime has beside it; the processor does what a provider cannot.

    Raises:
        ModelError: the graph is damaged, or another one, or might not end.
        UsageError: there is no such provider.
        UserError: it cannot be started on this machine.
    """
    wanted = provider_named(provider)
    refuse_control_flow(graph, name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # By itself it would also take its own format, which nobody has looked through.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    if not products_are_right():
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        session = InferenceSession(graph, options, providers=[wanted])
    except Exception as error:  # ONNX Runtime's own exceptions have no common base
        raise ModelError(f"{name} cannot be loaded by ONNX Runtime {onnxruntime.__version__}: {error}") from error
    # ONNX Runtime goes on without a provider that it cannot start.
    if session.get_providers()[0] != wanted:
        raise UserError(
            f"ONNX Runtime cannot start its provider {provider!r} on this machine: is there such a device, with its driver and "
            f"libraries? Without it: onnx"
        )
    for kind, needed, there in (
        ("input", inputs, session.get_inputs()),
        ("output", outputs, session.get_outputs()),
    ):
        missing = sorted(set(needed) - {value.name for value in there})
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
