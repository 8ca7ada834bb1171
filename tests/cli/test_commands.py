"""The command line, in this process (`main`) and, where imports or streams matter, in its own."""

import json
import shutil
import subprocess
import sys

import pytest

import bert_mrc_theseus
from bert_mrc_theseus.files import sha256_of
from bert_mrc_theseus.text.documents import read_documents

TEXT = "不了的李明和的一在北京。\n\n这是上海\n"


@pytest.fixture(scope="module")
def model(trained):
    return trained.run / "stage2" / "best"


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "in.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


LIGHT = [
    "import bert_mrc_theseus.cli; bert_mrc_theseus.cli.main()",
    "import bert_mrc_theseus.decoding.spans, bert_mrc_theseus.evaluation.metrics",
    "import bert_mrc_theseus.engines.engine, bert_mrc_theseus.prediction.extractor",
    "import bert_mrc_theseus.preprocess.convert, bert_mrc_theseus.preprocess.writers",
]


@pytest.mark.parametrize("code", LIGHT)
def test_what_needs_no_tensorflow_does_not_import_it(code):
    check = "import atexit, sys; atexit.register(lambda: print('heavy:', {'tensorflow', 'keras', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"{check}\n{code}", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "heavy: set()" in done.stdout, done.stderr


def test_version(command):
    assert command("--version")[:2] == (0, f"bert-mrc-theseus {bert_mrc_theseus.__version__}\n")


def test_preprocess_runs_without_tensorflow(tmp_path):
    block = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None"
    code = f"{block}; import bert_mrc_theseus.cli as cli; sys.argv[0] = 'x'; cli.main()"
    command = [sys.executable, "-c", code, "preprocess", "sample", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list(read_documents(tmp_path / "out" / "train.jsonl"))) == 376


def test_training_without_tensorflow_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['tensorflow'] = None; import bert_mrc_theseus.cli as cli; cli.main()"
    command = [sys.executable, "-c", code, "train", str(tmp_path), "--run", "r", "--stage", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "pip install 'bert-mrc-theseus[train]'" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_preprocess_prints_its_counts(command, tmp_path):
    status, out, _ = command("preprocess", "sample", "--out", tmp_path / "out")
    assert status == 0
    assert "376" in out and "illegal tags repaired" in out and "clipped by windows" in out and "also in train" in out
    status, out, _ = command("preprocess", "--list")
    assert status == 0 and "peoples_daily" in out and "hltcoe/golden-horse" in out and "label-studio" in out


def test_preprocess_of_own_files(command, tmp_path):
    (tmp_path / "bad.bio").write_text("王 B-PER\n明 I-PER\n\n李 Q-PER\n", encoding="utf-8")
    arguments = ("preprocess", "--train", tmp_path / "bad.bio", "--format", "columns", "--out", tmp_path / "out")
    status, _, err = command(*arguments)
    assert status == 1 and "bad.bio:4: unknown tag 'Q-PER'" in err and "Traceback" not in err
    status, out, _ = command(*arguments, "--skip-bad")
    assert status == 0 and "skipped: " in out and "No query file" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preprocess"], "say either a known corpus"),
        (["preprocess", "sample"], "--out FOLDER"),
        (["preprocess", "nothing", "--out", "x"], "unknown corpus 'nothing'"),
        (["train", "nowhere", "--run", "r"], "--stage 0, 1 or 2, or --all"),
        (["train", "nowhere", "--run", "r", "--stage", "0"], "train.jsonl is missing"),
        (["train", "nowhere", "--run", "r", "--stage", "0", "--loss", "hinge"], "loss is one of"),
        (["evaluate", "nowhere", "nowhere"], "nowhere: cannot open"),
        (["predict", "-m", "nowhere", "nothing.txt"], "nothing.txt: no such file or folder"),
        (["export", "nowhere", "--to", "hf", "--out", "x"], "not a complete model folder"),
        (["export", "nowhere", "--to", "hf"], "--out FOLDER"),
        (["export", "nowhere"], "--data FOLDER"),
    ],
)
def test_errors_are_one_message_without_traceback(command, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = command(*arguments)
    assert status == 1 and message in " ".join(err.split()) and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_has_its_own_status(command):
    assert command("train")[0] == 2
    assert command("train", "x", "--run", "r", "--stage", "7")[0] == 2


def test_evaluate_reports_scores_and_errors(command, model, trained, tmp_path):
    # A copy, since --tune writes into the model's folder.
    model = shutil.copytree(model, tmp_path / "model")
    report, errors = tmp_path / "report.json", tmp_path / "errors.jsonl"
    status, out, _ = command("evaluate", model, trained.data, "--tune", "--report", report, "--errors", errors)
    assert status == 0 and "micro" in out and "string-set F1" in out and "thresholds tuned on dev" in out
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["strict"]["micro"]["f1"] > 0.8 and set(found["strict"]["types"]) == {"PER", "LOC"}
    assert found["data"]["file"] == "test.jsonl" and len(found["data"]["sha256"]) == 64
    assert found["model"] == {"model.safetensors": sha256_of(model / "model.safetensors")}
    assert (
        found["engine"] == "keras"
        and found["seed"] == 42
        and found["versions"]["tensorflow"]
        and "--tune" in found["command"]
    )
    assert len(errors.read_text(encoding="utf-8").splitlines()) == sum(found["mistakes"].values())


def test_evaluate_compares_the_stages_of_a_run(command, trained, tmp_path):
    status, out, _ = command("evaluate", trained.run, trained.data, "--report", tmp_path / "report.json")
    assert status == 0 and "predecessor" in out and "after stage 1" in out and "after stage 2" in out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {name: item["layers"] for name, item in report.items()} == {"stage0": 4, "stage1": 2, "stage2": 2}
    first, last = (report[name]["strict"]["micro"]["f1"] for name in ("stage0", "stage2"))
    assert f"{last / first:.1%}" in out
    status, _, err = command("evaluate", trained.run, trained.data, "--errors", tmp_path / "errors.jsonl")
    assert status == 1 and "for one model" in err
    assert command("evaluate", tmp_path, trained.data)[0] == 1


def test_predict_to_every_format(command, model, text, tmp_path):
    status, out, _ = command("predict", "-m", model, text)
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and [line["id"] for line in lines] == [f"{text}:{n}" for n in (1, 2, 3)]
    assert [(e["text"], e["type"]) for e in lines[0]["entities"]] == [("李明", "PER"), ("北京", "LOC")]
    status, out, _ = command("predict", "-m", model, text, "--format", "text")
    assert status == 0 and out.splitlines()[0] == "不了的[李明|PER]和的一在[北京|LOC]。"
    assert command("predict", "-m", model, text, "--format", "conll", "-o", tmp_path / "out.conll")[0] == 0
    assert "北\tB-LOC\n京\tI-LOC\n" in (tmp_path / "out.conll").read_text(encoding="utf-8")
    assert command("predict", "-m", model, text, "--format", "brat", "-o", tmp_path / "brat")[0] == 0
    assert len(list((tmp_path / "brat").glob("*.ann"))) == 3


def test_predict_with_types_queries_and_a_dictionary(command, model, text, tmp_path):
    def entities(*arguments):
        status, out, err = command("predict", "-m", model, text, *arguments)
        assert status == 0, err
        return [[(e["text"], e["type"]) for e in json.loads(line)["entities"]] for line in out.splitlines()], err

    everything = [[("李明", "PER"), ("北京", "LOC")], *entities()[0][1:]]
    assert entities("--types", "LOC,PER") == (everything, "")
    found, _ = entities("--types", "LOC")
    assert any(found) and {kind for line in found for _, kind in line} == {"LOC"}
    status, _, err = command("predict", "-m", model, text, "--types", "TIME")
    assert status == 1 and "'TIME' is not in the schema (PER, LOC)" in err
    queries = tmp_path / "new.toml"
    queries.write_text('[PLACE]\nquery = "地名"\n[TEAM]\nquery = "球队"\n', encoding="utf-8")
    found, err = entities("--queries", queries)
    assert {kind for line in found for _, kind in line} >= {
        "PLACE"
    } and "was not trained on the queries of TEAM:" in err
    terms = tmp_path / "terms.tsv"
    terms.write_text("的李\tORG\n北京\tLOC\tveto\n", encoding="utf-8")
    found, err = entities("--dictionary", terms)
    assert found[0] == [("的李", "ORG")] and "terms.tsv: 1 entities added, 1 vetoed" in err


def test_preprocess_silver(command, tmp_path):
    (tmp_path / "raw.txt").write_text("他从北京去上海。\n云帆智造在上海。\n", encoding="utf-8")
    (tmp_path / "terms.tsv").write_text("云帆智造\tORG\n", encoding="utf-8")
    arguments = ["--train", tmp_path / "raw.txt", "--dictionary", tmp_path / "terms.tsv", "--out", tmp_path / "data"]
    status, out, _ = command("preprocess", "silver", *arguments)
    assert status == 0 and "ORG" in out and (tmp_path / "data" / "queries.toml").is_file()
    lines = [json.loads(line) for line in (tmp_path / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(line["silver"] for line in lines) and lines[1]["entities"][0]["source"] == "dictionary"
    status, _, err = command("preprocess", "sample", "--dictionary", tmp_path / "terms.tsv", "--out", tmp_path / "x")
    assert status == 1 and "preprocess silver" in err


def test_predict_goes_on_after_a_bad_record_and_its_status_says_so(command, model, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "1", "text": "李明"}\n{oops\n{"id": "3", "text": "上海"}\n', encoding="utf-8")
    status, out, err = command("predict", "-m", model, path)
    assert status == 3 and [json.loads(line)["id"] for line in out.splitlines()] == ["1", "3"]
    assert f"skipped: {path}:2: not JSON" in err and "1 records could not be read" in err


def test_predict_reads_a_pipe_and_prints_nothing_else(model):
    command = [sys.executable, "-m", "bert_mrc_theseus", "predict", "-m", str(model), "-"]
    done = subprocess.run(command, input=TEXT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0 and done.stderr == ""
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["stdin:1", "stdin:2", "stdin:3"]


def test_a_reader_that_has_gone_ends_prediction_quietly(model, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("的一是在" * 10 + "\n" + "好\n" * 30000, encoding="utf-8")
    command = f"{sys.executable} -m bert_mrc_theseus predict -m {model} {path} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stdout.count("\n") == 1 and done.stderr == ""


def test_an_exported_model_predicts_without_tensorflow(command, model, trained, tmp_path):
    status, out, _ = command("export", model, "--to", "onnx", "--data", trained.data, "--out", tmp_path / "model")
    assert status == 0 and "fp32" in out
    files = {str(file.relative_to(tmp_path / "model")) for file in (tmp_path / "model").rglob("*.*")}
    assert files == {"config.json", "vocab.txt", "queries.json", "training.json", "onnx/lower.onnx", "onnx/upper.onnx"}
    code = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; import bert_mrc_theseus.cli as c; c.main()"
    arguments = [sys.executable, "-c", code, "predict", "-m", str(tmp_path / "model"), "-", "--format", "text"]
    done = subprocess.run(arguments, input=TEXT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "不了的[李明|PER]和的一在[北京|LOC]。"
    expected = command("predict", "-m", model, "-", "--engine", "onnx")
    assert expected[0] == 1 and "export" in expected[2]
    again = command("export", model, "--to", "onnx", "--data", trained.data, "--out", tmp_path / "model")
    assert again[0] == 1 and "exists already" in again[2]


def test_export(command, model, tmp_path):
    assert command("export", model, "--to", "tf", "--out", tmp_path / "tf")[0] == 0
    assert (tmp_path / "tf" / "bert_model.ckpt.index").is_file()
