"""The scripts and the notebook of examples/ run, on the bundled model and on a tiny encoder."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.stress import under_stress

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


def run(name: str, *arguments: object, cwd: Path) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_entities_become_a_csv_file(tmp_path):
    run("find_entities_to_csv.py", ROOT / "data/sample/sentences.txt", "entities.csv", cwd=tmp_path)
    with open(tmp_path / "entities.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (rows[0]["line"], rows[0]["start"], rows[0]["end"], rows[0]["type"], rows[0]["text"]) == (
        "1", "0", "3", "PER", "程晓光"
    )  # fmt: skip
    assert {row["line"] for row in rows} == {"1", "2", "3", "4", "5"}


def test_mistakes_are_listed(tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        json.dumps(
            {
                "text": "程晓光在广州。",
                "entities": [{"start": 0, "end": 3, "type": "PER"}, {"start": 3, "end": 4, "type": "ORG"}],
            }
        ),
        encoding="utf-8",
    )
    *mistakes, scores = run("list_mistakes.py", gold, cwd=tmp_path).splitlines()
    assert mistakes == ["missed    ORG  在  in: 程晓光在广州。", "invented  LOC  广州  in: 程晓光在广州。"]
    assert scores == "precision 0.5000  recall 0.5000  strict F1 0.5000"


@pytest.mark.skipif(under_stress(True, False), reason="three stages take half a minute: make stress")
def test_a_small_model_is_trained(trained, tmp_path):
    tiny = ("--encoder", trained.encoder, "--modules", "2", "--window", "80")
    out = run("train_small_model.py", trained.data, "run", *tiny, cwd=tmp_path)
    assert out.splitlines()[-1].startswith("run/stage2/best [")


def test_the_notebook_runs(tmp_path, monkeypatch):
    pytest.importorskip("pandas", reason="pandas is not installed: the notebook is not run")
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((EXAMPLES / "tour.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "tour.ipynb", "exec"), names)
    assert list(names["frame"]["entities"].map(len)) == [3, 2]
