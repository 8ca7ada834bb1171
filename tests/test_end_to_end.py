"""From a raw corpus to entities in a text file, by commands alone."""

import json

from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.output.columns import column_lines
from tests.helpers.documents import QUERIES, toy_documents
from tests.helpers.models import make_weights


def test_from_a_raw_corpus_to_entities_in_a_text_file(tmp_path, command):
    def run(*arguments):
        status, _, err = command(*arguments)
        assert status == 0, err

    for name, count, seed in (("train", 120, 1), ("test", 15, 3)):
        lines = [column_lines(document, "bmes")[0] for document in toy_documents(count, seed)]
        (tmp_path / f"{name}.bmes").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "queries.toml").write_text(QUERIES, encoding="utf-8")
    write_huggingface(make_weights(layers=2, hidden=32), tmp_path / "bert")
    data, runs = tmp_path / "data", tmp_path / "run"
    files = [
        "--train",
        tmp_path / "train.bmes",
        "--test",
        tmp_path / "test.bmes",
        "--queries",
        tmp_path / "queries.toml",
    ]
    run("preprocess", *files, "--dev-fraction", "0.15", "--out", data)
    new = ["--encoder", tmp_path / "bert", "--queries", "short", "--context-position", 16, "--window", 100]
    for stage, own, epochs, rate in ((0, new, 25, 3e-3), (1, ["--modules", 1], 12, 3e-3), (2, [], 5, 1e-3)):
        common = ["--tokens", 512, "--epochs", epochs, "--learning-rate", rate]
        run("train", data, "--run", runs, "--stage", stage, *own, *common)
    model = runs / "stage2" / "best"
    run("evaluate", model, data, "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["strict"]["micro"]["f1"] > 0.8 and report["layers"] == 1

    (tmp_path / "text.txt").write_text("不了的李明和的一在北京。\n是不了\n", encoding="utf-8")
    run("predict", "-m", model, tmp_path / "text.txt", "-o", tmp_path / "entities.jsonl")
    found = [json.loads(line) for line in (tmp_path / "entities.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [[(e["text"], e["type"], e["start"]) for e in line["entities"]] for line in found] == [
        [("李明", "PER", 3), ("北京", "LOC", 9)],
        [],
    ]
