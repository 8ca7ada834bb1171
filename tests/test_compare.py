import json
import statistics

import pytest

from bert_mrc_theseus import cli
from bert_mrc_theseus.compare import (
    PREDECESSORS,
    SUCCESSORS,
    Model,
    Settings,
    mean_and_deviation,
    parse_model,
    stage_configs,
)
from bert_mrc_theseus.errors import UserError


@pytest.mark.parametrize("name", SUCCESSORS)
@pytest.mark.parametrize("epochs", [(3, 2, 2), (1, 4, 3)])
@pytest.mark.parametrize("times", [1, 3])
def test_successors_get_equally_many_epochs(name, epochs, times):
    configs = stage_configs(Model(name, 6, 0, times), 7, Settings(epochs))
    assert sum(config.epochs for config in configs.values()) == epochs[1] + times * epochs[2]
    assert all(config.seed == 7 for config in configs.values()) and configs[1].modules == 6


def test_methods_differ_in_what_they_are_named_for():
    def of(name, shared=0):
        return stage_configs(Model(name, 6, shared), 1, Settings())

    assert of("constant")[1].schedule == "constant" and of("linear")[1].schedule == "linear"
    assert list(of("one-stage")) == [1] and of("first")[1].epochs == 0 and list(of("predecessor-dice")) == [0]
    assert of("linear", 4)[1].shared == of("first", 4)[1].shared == 4 and of("linear")[1].shared == 0
    assert of("distilled")[1].distillation and of("distilled")[2].distillation and not of("linear")[2].distillation
    assert of("first-distilled")[2].distill_logits > 0 and of("predecessor-bce")[0].loss == "bce"
    titles = {method.title for method in (*PREDECESSORS.values(), *SUCCESSORS.values())}
    assert len(titles) == len(PREDECESSORS) + len(SUCCESSORS)


@pytest.fixture(scope="module")
def arguments(trained, tmp_path_factory):
    out = tmp_path_factory.mktemp("compare")
    return [
        "compare", str(trained.data), "--out", str(out), "--methods", "linear,first,linear-2:1x2,one-stage-1", "--layers", "2",
        "--seeds", "1,2", "--epochs", "15,3,1", "--learning-rates", "3e-3,3e-3,1e-3", "--encoder", str(trained.encoder),
        "--queries", "short", "--window", "100", "--context-position", "16", "--tokens", "512",
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
    rows = {(row["name"], row["layers"], row["shared"]): row for row in found["rows"]}
    assert list(rows) == [
        ("predecessor", 4, 0), ("linear", 2, 0), ("first", 2, 0), ("linear", 2, 1), ("one-stage", 1, 0),
    ]  # fmt: skip
    whole = rows["predecessor", 4, 0]
    for (_, layers, _), row in rows.items():
        assert row["seeds"] == [1, 2] and len(row["f1"]) == 2
        assert row["retention"] == [a / b for a, b in zip(row["f1"], whole["f1"], strict=True)]
        assert (row["parameters"] < whole["parameters"]) == (layers < 4) and row["speed"] > 0
    steps = {(report["method"], report["times"]): report["steps"] for report in found["reports"]}
    assert sum(steps["linear", 1]) == sum(steps["first", 1]) == sum(steps["one-stage", 1]) > 0
    assert steps["linear", 2] == [steps["linear", 1][0], 2 * steps["linear", 1][1]]
    with open(f"{out}/compare.md", encoding="utf-8") as stream:
        table = stream.read()
    assert table.count("\n") == 2 + len(rows) and mean_and_deviation(whole["f1"]) in table
    assert "two-stage, linear (K = 1), stage 2 x 2" in table and "0.9580" in table
    assert "strict F1" in capsys.readouterr().out


def test_what_is_done_is_not_done_again_and_other_settings_are_refused(arguments, monkeypatch):
    monkeypatch.setattr("bert_mrc_theseus.stages.fit", None)
    monkeypatch.setattr("bert_mrc_theseus.compare.evaluate_model", None)
    with pytest.raises(SystemExit, match="0"):
        run(arguments, monkeypatch)
    with pytest.raises(SystemExit, match="1"):
        run([*arguments, "--epochs", "15,3,2"], monkeypatch)


def test_more_shared_modules_than_there_can_be_are_refused_before_any_training(arguments, monkeypatch, capsys):
    monkeypatch.setattr("bert_mrc_theseus.compare.train_stage", None)
    with pytest.raises(SystemExit, match="1"):
        run([*arguments, "--methods", "linear-2,linear-2:2"], monkeypatch)
    assert "of 2 modules 0 to 1 can be shared" in capsys.readouterr().err


def test_models_are_named_by_method_layers_and_shared_modules():
    assert parse_model("predecessor-dice", [6, 3]) == [Model("predecessor-dice")]
    assert parse_model("one-stage", [6, 3]) == [Model("one-stage", 6), Model("one-stage", 3)]
    assert parse_model("first-distilled-3", [6]) == [Model("first-distilled", 3)]
    assert parse_model("distilled-6:4", [3]) == [Model("distilled", 6, 4)]
    assert parse_model("linear-3:1x3", [6]) == [Model("linear", 3, 1, 3)] and parse_model("firstx2", [3]) == [
        Model("first", 3, times=2)
    ]
    assert (
        Model("linear", 3, 1, 3).folder == "linear-3-shared1-x3" and Model("first", 3, times=2).folder == "first-3-x2"
    )
    assert Model("distilled", 6, 4).folder == "distilled-6-shared4" and Model("first", 3).folder == "first-3"
    for text in ("quadratic", "linear-", "linear-0", "linear-6:", "predecessor-6", "linear-6:4:1", "linear-3x0"):
        with pytest.raises(UserError, match=r"xTIMES\]; methods are predecessor"):
            parse_model(text, [6])


def test_a_mean_has_its_deviation():
    assert mean_and_deviation([0.5]) == "0.5000"
    assert mean_and_deviation([0.5, 0.6, 0.7]) == f"0.6000 ± {statistics.stdev([0.5, 0.6, 0.7]):.4f} (3)"
