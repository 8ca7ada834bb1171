"""The file that the commands read."""

from pathlib import Path

import pytest


@pytest.fixture
def text(tmp_path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("不了的李明和的一在北京。\n\n这是上海\n", encoding="utf-8")
    return path
