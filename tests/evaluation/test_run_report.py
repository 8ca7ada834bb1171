"""The page of a run, in a browser too where there is one."""

import os
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from bert_mrc_theseus.cli.app import app
from bert_mrc_theseus.text.documents import Entity
from bert_mrc_theseus.text.interchange import read_documents, write_documents


@pytest.fixture(scope="module")
def page(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    # Texts of another seed than the training's, and one entity too many, for mistakes of more than one kind.
    documents = list(read_documents(trained.data / "test.jsonl"))
    wrong = [
        replace(d, entities=(*d.entities[1:], Entity(0, 1, "PER"))) if i % 2 else d for i, d in enumerate(documents)
    ]
    data = path.with_name("wrong.jsonl")
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
