"""The model that comes with the package: small, usable without TensorFlow, and as good as its card says."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.engines.choose import engine_files
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.text.interchange import read_documents

CARD = (bundled_model() / "README.md").read_text(encoding="utf-8")
CHINESE_CARD = (bundled_model() / "README.zh-CN.md").read_text(encoding="utf-8")


def shown(card: str) -> list[str]:
    return [line for block in re.findall(r"```text\n(.*?)```", card, re.DOTALL) for line in block.splitlines()]


SHOWN = shown(CARD)
"""Lines of output in the card: sentences with [text|TYPE] for each entity."""

NO_TENSORFLOW = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "
PREDICT = (
    f"{NO_TENSORFLOW}sys.argv = ['x', 'predict', '-', *sys.argv[1:]]; import bert_mrc_theseus.cli.app as c; c.main()"
)


def predict(lines: list[str], *options: str, interpreter: tuple[str, ...] = (sys.executable,)) -> str:
    """What `predict -` prints, without naming a model, where there is no TensorFlow."""
    command = [*interpreter, "-c", PREDICT, *options]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def unmarked(line: str) -> str:
    return re.sub(r"\[([^|\]]+)\|[A-Z]+\]", r"\1", line)


def trainings(record: dict) -> list[dict]:
    """The records of the trainings that a model is the mean of, or the mean of means."""
    parts = [part["record"] for part in record.get("mean_of", ())]
    return [training for part in parts for training in trainings(part)] or [record]


def test_it_is_small_and_complete():
    files = [file for file in bundled_model().rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 20_000_000
    record = json.loads((bundled_model() / "training.json").read_text(encoding="utf-8"))
    assert record["command"].startswith("bert-mrc-theseus average runs/")
    commands = [training["command"] for training in trainings(record)]
    assert len(commands) > 1 and all(command.startswith("bert-mrc-theseus train runs/") for command in commands)


def test_the_card_has_metadata_and_shows_what_is_true():
    assert re.match(r"---\n(?:.+\n)*language:(?:.+\n)*license: (?:.+\n)+?---\n", CARD)
    assert len(SHOWN) >= 10 and shown(CHINESE_CARD) == SHOWN
    assert predict([unmarked(line) for line in SHOWN], "--format", "text").splitlines() == SHOWN


def test_the_card_s_scores_are_those_of_the_reports():
    reports = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path("docs/results").glob("ner-zh-small-*"))
    ]
    assert len(reports) == 5
    graphs = {file.name: sha256_of(file) for file in engine_files(bundled_model(), "onnx")}
    for report in reports:
        assert report["model"] == graphs
        micro = report["strict"]["micro"]
        row = f"| {micro['support']:,} | {micro['precision']:.4f} | {micro['recall']:.4f} | **{micro['f1']:.4f}** |"
        assert row in CARD and f"value: {micro['f1']:.4f}" in CARD


def test_it_finds_what_the_sample_corpus_marks():
    gold = list(read_documents(Path("data/sample/test.jsonl")))
    assert strict_scores(gold, Extractor.load().documents(gold), ["PER", "LOC", "ORG"]).micro.f1 > 0.6


@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="needs qemu-user")
def test_a_processor_without_vnni_gives_the_same_scores():
    other = ("qemu-x86_64", "-cpu", "Haswell", sys.executable)
    lines = [unmarked(line) for line in SHOWN[:3]]
    assert predict(lines, interpreter=other) == predict(lines)
