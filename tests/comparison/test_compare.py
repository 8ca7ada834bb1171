"""`compare`: methods side by side, trained once."""

import contextlib
import io
import json
import shutil
import sys

import pytest

from bert_mrc_theseus.cli import app as cli
from bert_mrc_theseus.comparison.table import mean_and_deviation
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from tests.helpers.models import make_weights


@pytest.fixture(scope="module")
def arguments(trained, tmp_path_factory):
    out = tmp_path_factory.mktemp("compare")
    return [
        "compare", str(trained.data), "--out", str(out), "--methods", "linear:1x2,one-stage-1", "--layers", "2",
        "--seeds", "1,2", "--epochs", "3,3,1", "--learning-rates", "3e-3,3e-3,1e-3", "--encoder", str(trained.taught),
        "--queries", "short", "--window", "100", "--context-position", "16", "--tokens", "512",
        "--texts", "5", "--no-words",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def printed(arguments):
    """What the command printed; its folder is `arguments[3]`."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setattr(sys, "argv", ["bert-mrc-theseus", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert not ended.value.code
    return out.getvalue()


def test_a_table_of_methods(arguments, printed):
    out = arguments[3]
    with open(f"{out}/compare.json", encoding="utf-8") as stream:
        found = json.load(stream)
    rows = {(row["name"], row["layers"], row["shared_layers"]): row for row in found["rows"]}
    assert list(rows) == [("predecessor", 4, 0), ("linear", 2, 1), ("one-stage", 1, 0)]
    whole = rows["predecessor", 4, 0]
    for (_, layers, _), row in rows.items():
        assert row["seeds"] == [1, 2] and len(row["f1"]) == 2
        assert (row["parameters"] < whole["parameters"]) == (layers < 4) and row["speed"] > 0
    assert whole["retention"] == [1.0, 1.0] and whole["speed"] == 1.0
    steps = {(report["method"], report["times"]): report["steps"] for report in found["reports"]}
    # Epochs of stages 1 and 2: 3 and 2 x 1, or 3 + 1 in one stage.
    epoch = steps["one-stage", 1][0] // 4
    assert steps == {
        ("predecessor", 1): [3 * epoch], ("linear", 2): [3 * epoch, 2 * epoch], ("one-stage", 1): [4 * epoch]
    }  # fmt: skip
    with open(f"{out}/compare.md", encoding="utf-8") as stream:
        table = stream.read()
    assert table.count("\n") == 2 + len(rows) and mean_and_deviation(whole["f1"]) in table
    assert "two-stage, linear (K = 1), stage 2 x 2" in table and "0.9580" in table
    assert "strict F1" in printed


def changed(arguments, option, value):
    """The arguments with another value of an option, which may be given once."""
    found = [*map(str, arguments)]
    found[found.index(option) + 1] = str(value)
    return found


def test_what_is_done_is_not_done_again_and_other_settings_are_refused(arguments, printed, command, monkeypatch):
    monkeypatch.setattr("bert_mrc_theseus.training.run_stage.fit", None)
    monkeypatch.setattr("bert_mrc_theseus.comparison.compare.evaluate_model", None)
    assert command(*arguments)[0] == 0
    status, _, err = command(*changed(arguments, "--epochs", "3,3,2"))
    assert status == 1 and "epochs: 2 then, 4 now" in err
    status, _, err = command(*arguments, "--loss", "bce")
    assert status == 1 and "loss: focal then, bce now" in err


def test_models_of_another_encoder_window_or_queries_are_not_taken_for_these(arguments, printed, command, tmp_path):
    write_huggingface(make_weights(layers=4, hidden=32, seed=1), tmp_path / "encoder")
    for option, value, message in (
        ("--encoder", tmp_path / "encoder", "starting_weights: "),
        ("--window", 80, "window: {'size': 100, 'overlap': 25} then"),
        ("--queries", "name", "queries: {'PER': '人名', 'LOC': '地名'} then"),
        ("--context-position", 17, "shared: "),
    ):
        status, _, err = command(*changed(arguments, option, value))
        assert status == 1 and message in err and "predecessor/stage0/report.json" in err


def test_retention_is_over_the_predecessor_of_the_same_seed(arguments, printed, command, tmp_path):
    out = shutil.copytree(arguments[3], tmp_path / "out")
    for folder, f1s in (("predecessor", (0.8, 0.5)), ("linear-2-shared1-x2", (0.6, 0.5))):
        for seed, f1 in zip((1, 2), f1s, strict=True):
            path = out / f"seed{seed}" / folder / "test.json"
            report = json.loads(path.read_text(encoding="utf-8"))
            report["strict"]["micro"]["f1"] = f1
            path.write_text(json.dumps(report), encoding="utf-8")
    assert command(*changed(arguments, "--out", out))[0] == 0
    rows = json.loads((out / "compare.json").read_text(encoding="utf-8"))["rows"]
    assert (rows[1]["name"], rows[1]["f1"], rows[1]["retention"]) == ("linear", [0.6, 0.5], [0.6 / 0.8, 1.0])
    (line,) = [line for line in (out / "compare.md").read_text(encoding="utf-8").splitlines() if "0.5500 ±" in line]
    assert "| 87.5% |" in line


def test_more_shared_layers_than_there_can_be_are_refused_before_any_training(arguments, command, monkeypatch):
    for name in ("fine_tune_predecessor", "replace_modules", "fine_tune_successor"):
        monkeypatch.setattr(f"bert_mrc_theseus.comparison.compare.{name}", None)
    status, _, err = command(*changed(arguments, "--methods", "linear-2,linear-2:3"))
    assert status == 2 and "of a successor's 2 layers 0 to 2 can be shared" in err
