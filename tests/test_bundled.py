"""The models that come with the package: small, usable without TensorFlow, and as good as their cards say."""

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
from bert_mrc_theseus.package_data import BUNDLED_MODELS, bundled_model
from bert_mrc_theseus.text.interchange import read_documents

MEGABYTES = {"ner-zh-small": 23, "ner-zh-tiny": 14}
NO_TENSORFLOW = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "
PREDICT = (
    f"{NO_TENSORFLOW}sys.argv = ['x', 'predict', '-', *sys.argv[1:]]; import bert_mrc_theseus.cli.app as c; c.main()"
)
every_model = pytest.mark.parametrize("name", BUNDLED_MODELS)


def card(name: str, language: str = "") -> str:
    return (bundled_model(name) / f"README{language}.md").read_text(encoding="utf-8")


def shown(text: str) -> list[str]:
    """Lines of output in a card: sentences with [text|TYPE] for each entity."""
    return [line for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def predict(lines: list[str], *options: str, interpreter: tuple[str, ...] = (sys.executable,)) -> str:
    """What `predict -` prints where there is no TensorFlow."""
    command = [*interpreter, "-c", PREDICT, *options]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def unmarked(line: str) -> str:
    return re.sub(r"\[([^|\]]+)\|[A-Z]+\]", r"\1", line)


@every_model
def test_it_is_small_and_complete(name):
    files = [file for file in bundled_model(name).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= MEGABYTES[name] * 1_000_000
    record = json.loads((bundled_model(name) / "training.json").read_text(encoding="utf-8"))
    assert record["command"].startswith("bert-mrc-theseus train runs/") and record["stage"] == 2


@every_model
def test_the_card_has_metadata_and_shows_what_is_true(name):
    text = card(name)
    assert re.match(r"---\n(?:.+\n)*language:(?:.+\n)*license: (?:.+\n)+?---\n", text)
    assert len(shown(text)) >= 10 and shown(card(name, ".zh-CN")) == shown(text)
    options = () if name == "ner-zh-small" else ("-m", name)
    assert predict([unmarked(line) for line in shown(text)], "--format", "text", *options).splitlines() == shown(text)


@every_model
def test_the_card_s_scores_are_those_of_the_reports(name):
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path("docs/results").glob(f"{name}-*"))]
    assert len(reports) == 7
    graphs = {file.name: sha256_of(file) for file in engine_files(bundled_model(name), "onnx")}
    for report in reports:
        assert report["model"] == graphs
        micro = report["strict"]["micro"]
        row = f"| {micro['support']:,} | {micro['precision']:.4f} | {micro['recall']:.4f} | **{micro['f1']:.4f}** |"
        assert row in card(name) and f"value: {micro['f1']:.4f}" in card(name)


@every_model
def test_it_finds_what_the_sample_corpus_marks(name):
    gold = list(read_documents(Path("data/sample/test.jsonl")))
    with Extractor.load(name) as extractor:
        assert strict_scores(gold, extractor.documents(gold), ["PER", "LOC", "ORG"]).micro.f1 > 0.6


@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="needs qemu-user")
def test_a_processor_without_vnni_gives_the_same_scores():
    other = ("qemu-x86_64", "-cpu", "Haswell", sys.executable)
    lines = [unmarked(line) for line in shown(card("ner-zh-small"))[:3]]
    assert predict(lines, interpreter=other) == predict(lines)
