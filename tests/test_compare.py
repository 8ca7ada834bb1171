import json
import statistics

import pytest
from rich.console import Console

from bert_mrc_theseus import cli
from bert_mrc_theseus.compare import PREDECESSORS, SUCCESSORS, Settings, compare, mean_and_deviation, stage_configs
from bert_mrc_theseus.errors import UserError

QUIET = Console(quiet=True)


@pytest.mark.parametrize("name", SUCCESSORS)
@pytest.mark.parametrize("epochs", [(3, 2, 2), (1, 4, 3)])
def test_successors_get_equally_many_epochs(name, epochs):
    configs = stage_configs(name, 6, 7, Settings(epochs))
    assert sum(config.epochs for config in configs.values()) == epochs[1] + epochs[2]
    assert all(config.seed == 7 for config in configs.values()) and configs[1].modules == 6


def test_methods_differ_in_what_they_are_named_for():
    def of(name):
        return stage_configs(name, 6, 1, Settings(shared={6: 4}))

    assert of("constant")[1].schedule == "constant" and of("linear")[1].schedule == "linear"
    assert list(of("one-stage")) == [1] and of("first")[1].epochs == 0 and list(of("predecessor-dice")) == [0]
    assert of("shared")[1].shared == 4 and of("linear")[1].shared == 0
    assert of("distilled")[1].distillation and of("distilled")[2].distillation and not of("linear")[2].distillation
    assert of("first-distilled")[2].distill_logits > 0 and of("predecessor-bce")[0].loss == "bce"
    titles = {method.title for method in (*PREDECESSORS.values(), *SUCCESSORS.values())}
    assert len(titles) == len(PREDECESSORS) + len(SUCCESSORS)


@pytest.fixture(scope="module")
def arguments(trained, tmp_path_factory):
    out = tmp_path_factory.mktemp("compare")
    return [
        "compare", str(trained.data), "--out", str(out), "--methods", "linear,first,shared-2,one-stage-1", "--layers", "2",
        "--seeds", "1,2", "--epochs", "15,3,1", "--learning-rates", "3e-3,3e-3,1e-3", "--encoder", str(trained.encoder),
        "--queries", "short", "--window", "100", "--context-position", "16", "--shared", "2:1", "--tokens", "512",
        "--texts", "5",
    ]  # fmt: skip


def run(arguments, monkeypatch):
    monkeypatch.setattr("sys.argv", ["bert-mrc-theseus", *arguments])
    cli.main()


def test_a_table_of_methods(arguments, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="0"):
        run(arguments, monkeypatch)
    out = arguments[3]
    with open(f"{out}/compare.json", encoding="utf-8") as stream:
        found = json.load(stream)
    rows = {(row["name"], row["layers"]): row for row in found["rows"]}
    assert list(rows) == [("predecessor", 4), ("linear", 2), ("first", 2), ("shared", 2), ("one-stage", 1)]
    whole = rows["predecessor", 4]
    for (name, layers), row in rows.items():
        assert row["seeds"] == [1, 2] and len(row["f1"]) == 2 and row["shared"] == (name == "shared")
        assert row["retention"] == [a / b for a, b in zip(row["f1"], whole["f1"], strict=True)]
        assert (row["parameters"] < whole["parameters"]) == (layers < 4) and row["speed"] > 0
    steps = {(report["method"], report["seed"]): sum(report["steps"]) for report in found["reports"]}
    assert steps["linear", 1] == steps["first", 1] == steps["one-stage", 1] > 0
    with open(f"{out}/compare.md", encoding="utf-8") as stream:
        table = stream.read()
    assert table.count("\n") == 2 + len(rows) and mean_and_deviation(whole["f1"]) in table
    assert "two-stage, linear, shared context (K = 1)" in table and "0.9491" in table
    assert "strict F1" in capsys.readouterr().out


def test_what_is_done_is_not_done_again_and_other_settings_are_refused(arguments, trained, monkeypatch, tmp_path):
    monkeypatch.setattr("bert_mrc_theseus.stages.fit", None)
    monkeypatch.setattr("bert_mrc_theseus.compare.evaluate_model", None)
    with pytest.raises(SystemExit, match="0"):
        run(arguments, monkeypatch)
    with pytest.raises(SystemExit, match="1"):
        run([*arguments, "--epochs", "15,3,2"], monkeypatch)
    with pytest.raises(UserError, match="unknown methods: quadratic"):
        compare(trained.data, tmp_path, [("quadratic", 2)], [1], Settings(), QUIET)


def test_a_mean_has_its_deviation():
    assert mean_and_deviation([0.5]) == "0.5000"
    assert mean_and_deviation([0.5, 0.6, 0.7]) == f"0.6000 ± {statistics.stdev([0.5, 0.6, 0.7]):.4f} (3)"
