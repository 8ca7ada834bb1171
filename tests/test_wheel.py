"""The wheel, installed without extras in an environment of its own, outside of the repository: what a user gets from pip."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.run_folder import RunFolder
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised

ROOT = Path(__file__).parents[1]


def run(*command, cwd: Path, **options) -> str:
    # Nothing of the repository or of this environment: no PYTHONPATH, another folder.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Folder of an environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("wheel")
    # A copy: building leaves files behind where it runs.
    ignored = shutil.ignore_patterns(".git", ".venv*", "runs", "build", "dist", "*.egg-info", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, folder / "source", ignore=ignored)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    run(*pip, "wheel", "--no-deps", "--wheel-dir", folder / "dist", folder / "source", cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "env")
    run(*pip, "--python", folder / "env/bin/python", "install", "--no-compile", wheel, cwd=folder)
    return folder / "env"


def test_there_is_no_tensorflow_and_nothing_with_a_common_name(installed, tmp_path):
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(installed / "bin/python", "-c", code, cwd=tmp_path).strip())
    names = {path.name for path in packages.iterdir()}
    assert "bert_mrc_theseus" in names and not names & {"tensorflow", "keras", "torch", "preprocess", "data", "tests"}


def test_the_face_can_be_imported(installed, tmp_path):
    code = (
        "import bert_mrc_theseus as bmt; from bert_mrc_theseus import *; import bert_mrc_theseus.preprocess.convert; "
        "print([e.text for e in bmt.Extractor.load()('程晓光从广州飞往大连。')])"
    )
    assert "['程晓光', '广州', '大连']" in run(installed / "bin/python", "-c", code, cwd=tmp_path)


def test_commands_that_need_no_tensorflow_work(installed, tmp_path, trained):
    command = installed / "bin/bert-mrc-theseus"
    assert "广州" in run(command, "predict", "-", cwd=tmp_path, input="程晓光从广州飞往大连。\n")
    run(command, "preprocess", "sample", "--out", "data", cwd=tmp_path)
    assert "nothing to complain about" in run(command, "queries", "check", "data/queries.toml", cwd=tmp_path)
    shutil.copytree(trained.run, tmp_path / "run")
    for stage in RunFolder(tmp_path / "run").stages():
        write_graphs(stage.best, serialised(build_graphs(load_model(stage.best))))
    run(command, "report", "run", trained.data, cwd=tmp_path)
    assert "strict F1" in (tmp_path / "run/report.html").read_text(encoding="utf-8")


def test_what_needs_tensorflow_says_so(installed, tmp_path, trained):
    done = subprocess.run(
        [installed / "bin/bert-mrc-theseus", "predict", "-m", trained.run / "stage2/best", "-"],
        cwd=tmp_path, input="广州\n", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1 and "pip install 'bert-mrc-theseus[train]'" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    code = f"import bert_mrc_theseus as bmt; bmt.Extractor.load({str(trained.run / 'stage2/best')!r})"
    failed = subprocess.run([installed / "bin/python", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert "UserError" in failed.stderr and "bert-mrc-theseus[train]" in failed.stderr
