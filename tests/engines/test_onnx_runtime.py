"""ONNX Runtime sends nothing, writes nothing, and multiplies right, the fast way where the processor has it."""

import os
import shutil
import subprocess
import sys

import pytest
from onnx import TensorProto, helper

from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.engines import onnx_runtime

PREDICT = """
import os, sys, time
opened = []
def look(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        opened.append(arguments[0])
    elif event.startswith("socket."):
        opened.append(event)
sys.addaudithook(look)
from bert_mrc_theseus import Extractor
with Extractor.load() as extractor:
    assert [e.text for e in extractor("程晓光从广州飞往大连。")] == ["程晓光", "广州", "大连"]
    time.sleep(float(sys.argv[1]))
print(*opened, sep="\\n", end="")
"""
"""A prediction that lives long enough for what is sent in the background; prints what Python opened."""


def everything_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_prediction_opens_no_connection_and_writes_no_file(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    environment |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    trace = tmp_path / "trace"
    strace = shutil.which("strace")
    traced = [strace, "-f", "-e", "trace=network", "-e", "signal=none", "-o", trace] if strace else []
    command = [*traced, sys.executable, "-c", PREDICT, "10" if strace else "2"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert everything_in(home) == []
    if strace:
        # A process says how it ended; nothing else of the network may be there.
        calls = [line for line in trace.read_text().splitlines() if "+++" not in line]
        assert calls == []


def test_who_wants_telemetry_can_have_it():
    code = "import os; import bert_mrc_theseus.engines.onnx_runtime; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    for given, expected in (({}, "1"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0")):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")} | given
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.stdout.strip() == expected, done.stderr


@pytest.mark.filterwarnings("ignore:Specified provider:UserWarning")
def test_a_provider_that_is_not_there_or_cannot_be_started(command, monkeypatch, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("程晓光从广州飞往大连。\n", encoding="utf-8")
    arguments = ("predict", text, "--format", "text", "--engine")
    assert command(*arguments, "onnx:CPU")[:2] == command(*arguments, "auto")[:2]
    status, out, err = command(*arguments, "onnx:nosuch")
    assert status == 2 and not out and "no provider 'nosuch' here, but" in err and "cpu" in err
    assert command(*arguments, "onnx:")[0] == 2
    # As with a build for a device that the machine does not have.
    monkeypatch.setattr(onnx_runtime.onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    status, out, err = command(*arguments, "onnx:cuda")
    assert status == 1 and not out and "cannot start its provider 'cuda'" in err


def test_the_graph_is_what_is_said():
    weights = helper.make_tensor("w", TensorProto.INT8, [4, 1], bytes([127] * 4), raw=True)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "w"], ["y"])],
        "products",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [2, 4])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [2, 1])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    assert model.SerializeToString() == onnx_runtime._PRODUCT


def test_a_processor_with_vnni_takes_the_fast_product():
    if not describe_machine()["vnni"]:
        pytest.skip("needs a processor with VNNI")
    assert onnx_runtime.products_are_right()


@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="needs qemu-user")
def test_a_processor_without_vnni_is_known():
    code = "from bert_mrc_theseus.engines.onnx_runtime import products_are_right; print(products_are_right())"
    command = ["qemu-x86_64", "-cpu", "Haswell", sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("right", [True, False])
def test_the_slow_product_is_taken_where_the_fast_one_is_wrong(monkeypatch, right):
    entries = {}

    class Options(onnx_runtime.onnxruntime.SessionOptions):
        def add_session_config_entry(self, key: str, value: str) -> None:
            entries[key] = value
            super().add_session_config_entry(key, value)

    monkeypatch.setattr(onnx_runtime, "products_are_right", lambda: right)
    monkeypatch.setattr(onnx_runtime.onnxruntime, "SessionOptions", Options)
    onnx_runtime.open_session(onnx_runtime._PRODUCT, inputs=["x"], outputs=["y"])
    assert ("session.x64quantprecision" in entries) is not right
