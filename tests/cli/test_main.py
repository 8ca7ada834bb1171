"""All commands: imports, errors, exit status."""

import subprocess
import sys

import pytest

import bert_mrc_theseus

LIGHT = [
    "import bert_mrc_theseus.cli.app; bert_mrc_theseus.cli.app.main()",
    "import bert_mrc_theseus.decoding.spans, bert_mrc_theseus.evaluation.metrics",
    "import bert_mrc_theseus.engines.engine, bert_mrc_theseus.prediction.extractor",
    "import bert_mrc_theseus.preprocess.convert, bert_mrc_theseus.output.write",
]


@pytest.mark.parametrize("code", LIGHT)
def test_what_needs_no_tensorflow_does_not_import_it(code):
    check = "import atexit, sys; atexit.register(lambda: print('heavy:', {'tensorflow', 'keras', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"{check}\n{code}", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "heavy: set()" in done.stdout, done.stderr


def test_version(command):
    assert command("--version")[:2] == (0, f"bert-mrc-theseus {bert_mrc_theseus.__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message", "expected"),
    [
        (["preprocess"], "say either a known corpus", 2),
        (["preprocess", "sample"], "--out FOLDER", 2),
        (["preprocess", "nothing", "--out", "x"], "unknown corpus 'nothing'", 2),
        (["preprocess", "--train", "nothing.txt", "--out", "x"], "--train nothing.txt: no such file or folder", 2),
        (["train", "empty", "--run", "r"], "--stage 0, 1 or 2, or --all", 2),
        (["train", "nowhere", "--run", "r", "--stage", "0"], "'nowhere' does not exist", 2),
        (["train", "empty", "--run", "r", "--stage", "0", "--encoder", "empty"], "train.jsonl is missing", 1),
        (["train", "empty", "--run", "r", "--stage", "0", "--encoder", "typo"], "no encoder 'typo'", 2),
        (["train", "empty", "--run", "r", "--stage", "0", "--loss", "hinge"], "loss is one of focal, bce, dice.", 2),
        (["train", "empty", "--run", "r", "--stage", "0", "--learning-rate", "inf"], "learning_rate is finite", 2),
        (["evaluate", "nowhere", "nowhere"], "'nowhere' does not exist", 2),
        (["evaluate", "empty", "empty"], "empty has no test.jsonl", 2),
        (["predict", "-m", "nowhere", "nothing.txt"], "'nowhere' does not exist", 2),
        (["predict", "nothing.txt"], "nothing.txt: no such file or folder", 2),
        (["predict", "-m", "empty", "/dev/null"], "not a complete model folder", 1),
        (["export", "empty", "--to", "hf", "--out", "x"], "not a complete model folder", 1),
        (["export", "empty", "--to", "hf"], "--out FOLDER", 2),
        (["export", "empty"], "--data FOLDER", 2),
    ],
)
def test_errors_are_one_message_without_traceback(command, tmp_path, monkeypatch, arguments, message, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    status, _, err = command(*arguments)
    assert status == expected and message in err and err.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


@pytest.mark.parametrize("model", ["typo", "typo/stage2/best", "in.txt", "in.txt/best", "名" * 300])
@pytest.mark.parametrize(
    "arguments",
    [["predict", "in.txt", "-m"], ["predict", "in.txt", "--engine", "keras", "-m"], ["evaluate", "MODEL", "in.jsonl"],
     ["export", "MODEL", "--to", "hf", "--out", "x"], ["export", "MODEL", "--data", "d"],
     ["report", "MODEL", "in.jsonl", "-o", "x"], ["average", "MODEL", "MODEL", "--out", "x"]],
)  # fmt: skip
def test_a_mistyped_model_is_said_whatever_is_installed(command, tmp_path, monkeypatch, arguments, model):
    monkeypatch.chdir(tmp_path)
    for name in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "in.txt").write_text("好", encoding="utf-8")
    (tmp_path / "in.jsonl").write_text('{"text": "好"}\n', encoding="utf-8")
    (tmp_path / "d").mkdir()
    before = {path.name for path in tmp_path.iterdir()}
    named = [argument if argument != "MODEL" else model for argument in arguments]
    status, _, err = command(*named, *([] if "MODEL" in arguments else [model]))
    # A file is what another tool predicted, to `report`.
    is_read = (arguments[0], model) == ("report", "in.txt")
    assert status == (1 if is_read else 2) and model in err.replace("\n", "") and "tensorflow" not in err
    assert any(text in err for text in ("does not exist", "is a file", "no stage has a model yet")) or is_read
    assert {path.name for path in tmp_path.iterdir()} == before


def test_wrong_usage_has_its_own_status(command):
    assert command("train")[0] == 2
    assert command("train", "x", "--run", "r", "--stage", "7")[0] == 2
