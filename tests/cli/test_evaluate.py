"""`evaluate`."""

import json
import shutil

from bert_mrc_theseus.files.sha256 import sha256_of


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
    assert status == 2 and "for one model" in err
    assert command("evaluate", tmp_path, trained.data)[0] == 1
