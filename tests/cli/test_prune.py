"""`prune`, and the fine-tuning after it."""

import json

import numpy as np

from bert_mrc_theseus.model_files.model_folder import load_model


def test_a_pruned_successor_is_fine_tuned(trained, tmp_path, command):
    whole = trained.run / "stage2/best"
    narrow, run = tmp_path / "narrow", tmp_path / "run"
    status, said, err = command(
        "prune", whole, "--data", trained.data, "--heads", 1, "--intermediate-size", 24, "--out", narrow
    )
    assert status == 0, err
    assert f"--stage 2 --successor {narrow}" in said
    status, _, err = command(
        "train", trained.data, "--run", run, "--stage", 2, "--successor", narrow, "--epochs", 2, "--learning-rate", 3e-3
    )
    assert status == 0, err
    record = json.loads((run / "stage2/best/training.json").read_text(encoding="utf-8"))
    assert record["starts_from"] == str(narrow)
    before, after = load_model(narrow), load_model(run / "stage2/best")
    assert after.spec.config == before.spec.config
    assert before.spec.config.encoder.num_heads == 1 and before.spec.config.encoder.intermediate_size == 24
    name = "encoder.layer.0.output.dense.weight"
    assert not np.array_equal(after.tensors[name], before.tensors[name])
    for kind in ("hf", "tf"):
        status, _, err = command("export", narrow, "--to", kind, "--out", tmp_path / kind)
        assert status == 1 and "heads were pruned" in err and not (tmp_path / kind).exists()
    assert command("predict", "--text", "李明在北京。", "-m", run / "stage2/best")[0] == 0


def test_wrong_command_lines(trained, tmp_path, command):
    whole, out = trained.run / "stage2/best", tmp_path / "out"
    status, _, err = command("prune", whole, "--data", trained.data, "--out", out)
    assert status == 2 and "--heads, --intermediate-size or --top-intermediate-size" in err
    status, _, err = command("prune", whole, "--data", trained.data, "--out", out, "--heads", 99)
    assert status == 2 and "99" in err and not out.exists()
    status, _, err = command("train", trained.data, "--run", out, "--stage", 1, "--successor", whole)
    assert status == 2 and "--stage 2 alone" in err
