"""What `make` looks at before it installs anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize(("text", "message"), [("", "say which file"), ("none.txt", "there is no none.txt")])
def test_predict_looks_for_its_text_first(tmp_path, text, message):
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(
        ["make", "predict", f"TEXT={text}", "VENV=made"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2 and message in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "pyproject.toml"]
