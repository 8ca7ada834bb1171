"""What `make` looks at before it installs anything, and what it installs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")

# Stands for Python, pip, and the commands that pip installs: makes environments and writes down what it is called for.
PROGRAM = """#!/bin/sh
folder=$(dirname "$(dirname "$0")")
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;
    *" pip install "*) echo "progress of pip"; echo "$folder: $*" >> calls.txt; cp "$0" "$folder/bin/bert-mrc-theseus";;
    predict*|serve*) echo "$folder: $*" >> calls.txt; echo "found";;
esac
"""
INSTALL = "-m pip install --disable-pip-version-check"


@pytest.fixture
def repository(tmp_path) -> Path:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").write_text(PROGRAM)
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "text.txt").touch()
    return tmp_path


def make(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # A make above this one, as in `make test`, says where it is.
    return subprocess.run(
        ["make", "--no-print-directory", f"PYTHON={repository}/python", *arguments],
        cwd=repository,
        env={name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")},
        capture_output=True,
        text=True,
    )


def calls(repository: Path) -> list[str]:
    """What was installed and run since the last time that this was asked."""
    file = repository / "calls.txt"
    lines = file.read_text().splitlines()
    file.unlink()
    return [" ".join(line.replace(f"{repository}/", "").split()) for line in lines]


@pytest.mark.parametrize(("text", "message"), [("", "say which file"), ("none.txt", "there is no none.txt")])
def test_predict_looks_for_its_text_first(repository, text, message):
    before = sorted(repository.iterdir())
    done = make(repository, "predict", f"TEXT={text}")
    assert done.returncode == 2 and message in done.stderr
    assert sorted(repository.iterdir()) == before


def test_predict_installs_what_it_needs_and_that_once(repository):
    done = make(repository, "predict", "TEXT=text.txt")
    assert done.stdout == "found\n"
    assert "setting up .venv-predict: what prediction needs" in done.stderr and "progress of pip" in done.stderr
    run = ".venv-predict: predict text.txt"
    assert calls(repository) == [f".venv-predict: {INSTALL} --no-compile --editable .", run]
    assert make(repository, "predict", "TEXT=text.txt").stdout == "found\n"
    assert calls(repository) == [run]


def test_serve_adds_what_it_needs(repository):
    make(repository, "serve")
    installed = [f".venv-predict: {INSTALL} --no-compile --editable .{extra}" for extra in ("", "[serve]")]
    assert calls(repository) == [*installed, ".venv-predict: serve"]
    make(repository, "predict", "TEXT=text.txt")
    make(repository, "serve", "MODEL=folder")
    assert calls(repository) == [".venv-predict: predict text.txt", ".venv-predict: serve folder"]


def test_where_everything_is_installed_prediction_uses_it(repository):
    make(repository, "setup")
    assert calls(repository) == [f".venv: {INSTALL} --editable .[train,serve,dev]"]
    make(repository, "predict", "TEXT=text.txt", "RUN=runs/my")
    make(repository, "serve")
    assert calls(repository) == [".venv: predict --model runs/my/stage2/best text.txt", ".venv: serve"]
    make(repository, "clean")
    assert not (repository / ".venv").exists()
