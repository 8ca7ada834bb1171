"""`export`."""

import subprocess
import sys

from bert_mrc_theseus.model_files.encoders import load_encoder
from bert_mrc_theseus.model_files.model_folder import save_model
from tests.helpers.saved_models import word_model


def test_an_exported_model_predicts_without_tensorflow(command, model, trained, text, tmp_path):
    status, out, _ = command("export", model, "--to", "onnx", "--data", trained.data, "--out", tmp_path / "model")
    assert status == 0 and "fp32" in out
    files = {str(file.relative_to(tmp_path / "model")) for file in (tmp_path / "model").rglob("*.*")}
    json_files = {"config.json", "queries.json", "training.json", "checksums.json"}
    for_hubs = {"README.md", "tokenizer.json", "tokenizer_config.json"}
    assert files == {*json_files, *for_hubs, "vocab.txt", "onnx/lower.onnx", "onnx/upper.onnx"}
    code = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; import bert_mrc_theseus.cli.app as c; c.main()"
    arguments = [sys.executable, "-c", code, "predict", "-m", str(tmp_path / "model"), "-", "--format", "text"]
    done = subprocess.run(
        arguments, input=text.read_text(encoding="utf-8"), capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "不了的[李明|PER]和的一在[北京|LOC]。"
    expected = command("predict", "-m", model, "-", "--engine", "onnx")
    assert expected[0] == 1 and "export" in expected[2]
    again = command("export", model, "--to", "onnx", "--data", trained.data, "--out", tmp_path / "model")
    assert again[0] == 2 and "exists already" in again[2]


def test_export(command, model, tmp_path):
    assert command("export", model, "--to", "tf", "--out", tmp_path / "tf")[0] == 0
    assert (tmp_path / "tf" / "bert_model.ckpt.index").is_file()


def test_what_the_folder_has_no_place_for_is_said(command, tmp_path):
    save_model(tmp_path / "model", word_model())
    status, out, _ = command("export", tmp_path / "model", "--to", "hf", "--out", tmp_path / "bert")
    assert status == 0 and "left out" in out and "match head, list of pieces, lexicon" in out
    assert load_encoder(tmp_path / "bert").config.num_layers == 3


def test_an_unknown_target(command, tmp_path):
    save_model(tmp_path / "model", word_model())
    status, _, err = command("export", tmp_path / "model", "--to", "pickle", "--out", tmp_path / "out")
    assert status == 2 and "--to takes onnx, hf, tf" in err
