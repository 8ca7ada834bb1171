import os
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from bert_mrc_theseus.cli import app
from bert_mrc_theseus.evaluation.run_report import calibration, confusion
from bert_mrc_theseus.output.svg_charts import Line, line_chart
from bert_mrc_theseus.text.documents import Document, Entity, read_documents

TEXT = "北京李明上海"
GOLD = Document("a", TEXT, (Entity(0, 2, "LOC"), Entity(2, 4, "PER"), Entity(4, 6, "LOC")))
FOUND = replace(GOLD, entities=(Entity(0, 2, "LOC", 0.95), Entity(2, 4, "LOC", 0.85), Entity(3, 4, "PER", 0.81)))


def test_calibration_is_how_often_entities_of_a_score_are_right():
    high, higher = calibration([GOLD], [FOUND])
    assert (high.count, high.right, high.low) == (2, 0.0, 0.8) and high.score == pytest.approx(0.83)
    assert (higher.count, higher.right, higher.high) == (1, 1.0, 1.0)
    assert calibration([GOLD], [GOLD]) == []


def test_confusion_counts_each_entity_once():
    counts = confusion([GOLD], [FOUND], ["LOC", "PER"])
    # A place found, one missed; a person taken for a place; a person that is none.
    assert counts.tolist() == [[1, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_a_chart_stays_within_its_frame():
    chart = str(line_chart([Line("a<b", "red", [(1, -5.0), (2, 0.5), (3, 9.0)])], "x", 0.0, 1.0))
    (path,) = re.findall(r'd="(M[^"]*)" fill="none"', chart)
    numbers = [tuple(map(float, pair.split())) for pair in path[1:].split("L")]
    assert all(52 <= x <= 420 and 10 <= y <= 162 for x, y in numbers) and "a&lt;b" in chart
    assert line_chart([Line("a", "red", [])], "x") == ""


@pytest.fixture(scope="module")
def page(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    # Texts of another seed than the training's, and one entity too many, for mistakes of more than one kind.
    documents = list(read_documents(trained.data / "test.jsonl"))
    wrong = [
        replace(d, entities=(*d.entities[1:], Entity(0, 1, "PER"))) if i % 2 else d for i, d in enumerate(documents)
    ]
    data = path.with_name("wrong.jsonl")
    from bert_mrc_theseus.text.documents import write_documents

    write_documents(data, wrong)
    done = CliRunner().invoke(app, ["report", str(trained.run), str(data), "--out", str(path)])
    assert done.exit_code == 0, done.output
    return path


def test_a_page_needs_no_other_file(page):
    html = page.read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="|@import|url\(', html)
    assert html.count("<svg") == 7 and "replace rate" in html and "after stage 2" in html
    assert html.count('class="mistake"') > 3


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--dump-dom",
)  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_mistakes_can_be_filtered_in_a_browser(page, tmp_path):
    def dom(address):
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"file://{page}{address}"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, env={**os.environ, "LANG": "C.UTF-8"}
        )
        found = re.findall(r'<div class="mistake" data-kind="([^"]*)" data-types="([^"]*)"( hidden="")?>', done.stdout)
        shown = int(re.search(r'id="shown">(\d+)<', done.stdout).group(1))
        visible = [(kind, types.split()) for kind, types, hidden in found if not hidden]
        assert len(visible) == shown, done.stderr
        return found, visible

    everything, visible = dom("")
    assert len(everything) == len(visible) > 3
    _, missed = dom("#kind=missed")
    assert 0 < len(missed) < len(visible) and all(kind == "missed" for kind, _ in missed)
    _, persons = dom("#kind=missed&type=PER")
    assert persons == [item for item in missed if "PER" in item[1]]
    assert dom("#search=no%20such%20text")[1] == []
