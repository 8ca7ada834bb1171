"""`make models`: the steps of data/models/train.sh, with a program in the place of ours that writes down what it is asked."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bert_mrc_theseus.cli import app as cli

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "data" / "models" / "train.sh"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")

PROGRAM = """#!{python}
import pathlib, shlex, sys
with open("calls.txt", "a") as calls:
    print(shlex.join(sys.argv[1:]), file=calls)
print("a table on standard output")
options = dict(zip(sys.argv, sys.argv[1:]))
out = pathlib.Path(next((options[key] for key in ("--out", "-o", "--run") if key in options), "."))
line = '{{"id": "train-1", "text": "甲", "entities": []}}\\n'
command = sys.argv[1]
if command == "train":
    (out / ("stage" + options["--stage"]) / "best").mkdir(parents=True, exist_ok=True)
elif command == "predict":
    out.write_text(line)
elif command in ("preprocess", "augment", "generate", "export", "prune"):
    out.mkdir(parents=True)
    for name in ("train", "dev", "test"):
        (out / (name + ".jsonl")).write_text(line + line.replace("train-1", "train-1-copy1") * (command == "augment"))
    (out / "corpus.json").touch()
    (out / "queries.toml").touch()
"""


@pytest.fixture
def place(tmp_path) -> Path:
    program = tmp_path / "program"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    (tmp_path / "lists").mkdir()
    corpora = tmp_path / "corpora"
    for name in ("fewclue", "cluecorpussmall_sample", "wikipedia"):
        (corpora / f"raw_text_{name}").mkdir(parents=True)
    for each in (
        *("fewclue/tnews", "fewclue/chid", "cluecorpussmall_sample/CLUECorpusSmall_sampled"),
        *("wikipedia/cmrc2018_simplified", "wikipedia/drcd_traditional"),
        *("fewclue/eprstmt", "fewclue/iflytek", "fewclue/csldcp"),
    ):
        file = corpora / f"raw_text_{each}.txt"
        file.write_text("一\n二\n三\n四\n五\n六\n", encoding="utf-8")
        subprocess.run(["gzip", file], check=True)
    return tmp_path


def run(place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    own = {"BMT": f"{place}/program", "BMT_CORPORA": f"{place}/corpora", "LEXICONS": f"{place}/lists", "RUNS": "runs"}
    environment = {name: value for name, value in (os.environ | own | variables).items() if value}
    return subprocess.run(["bash", SCRIPT], cwd=place, env=environment, capture_output=True, text=True)


def calls(place: Path) -> list[list[str]]:
    """What the program was called for since the last time that this was asked."""
    file = place / "calls.txt"
    lines = file.read_text().splitlines()
    file.unlink()
    return [shlex.split(line) for line in lines]


def test_all_steps_in_order_and_what_is_finished_is_kept(place):
    done = run(place)
    assert done.returncode == 0, done.stderr
    called = calls(place)
    trained = [
        (call[call.index("--run") + 1], call[call.index("--stage") + 1]) for call in called if call[0] == "train"
    ]
    assert trained == [
        *[("runs/predecessor", "0")],
        *[("runs/small", "1"), ("runs/small", "2"), ("runs/small-again", "2"), ("runs/small-narrow", "2")],
        *[("runs/tiny", "1"), ("runs/tiny", "2"), ("runs/tiny-narrow", "2")],
    ]
    starts = [call[call.index("--successor") + 1] for call in called if "--successor" in call]
    assert starts == ["runs/small/stage2/best", "runs/small-pruned", "runs/tiny-pruned"]
    assert [call[call.index("--out") + 1] for call in called if call[0] == "prune"] == [
        "runs/small-pruned",
        "runs/tiny-pruned",
    ]
    # Copies stand beside a corpus, of the paragraphs without the sentences that they are joined from; no table is in it.
    lines = (place / "runs/train.jsonl").read_text().splitlines()
    assert all(line.startswith('{"id": ') for line in lines)
    assert sum("-copy" in line for line in lines) == 4
    # Every line of five files of raw text, and every second, fourth and sixth of one.
    assert len((place / "runs/raw.txt").read_text().splitlines()) == 5 * 6 + 3 + 1 + 1
    assert len((place / "runs/both.jsonl").read_text().splitlines()) == 2
    assert len((place / "runs/replacing/train.jsonl").read_text().splitlines()) == 1

    assert run(place).returncode == 0
    again = calls(place)
    assert {call[0] for call in again} == {"train"}
    assert all("--resume" in call for call in again)


def test_the_commands_are_ours(place):
    """Options that the commands do not have would be seen after hours of training."""
    run(place)
    group = typer.main.get_command(cli.app)
    for call in calls(place):
        command = group.get_command(None, call[0])
        _, left, _ = command.make_parser(typer.Context(command)).parse_args(args=call[1:])
        assert left == [], call


def test_one_step_alone(place):
    done = run(place, STEP="predecessor")
    assert done.returncode == 0, done.stderr
    assert [call[0] for call in calls(place)] == ["train"]


@pytest.mark.parametrize("name", ["BMT_CORPORA", "LEXICONS"])
def test_a_folder_that_is_not_named(place, name):
    done = run(place, **{name: ""})
    assert done.returncode != 0 and name in done.stderr and not (place / "runs").exists()


def test_a_folder_that_is_not_there(place):
    done = run(place, LEXICONS="none")
    assert done.returncode == 1 and "no such folder: none" in done.stderr and not (place / "runs").exists()
