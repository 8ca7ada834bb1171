"""What a program takes on the disk."""

from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import pytest

from bert_mrc_theseus.bench.disk_size import files_size, libraries_size, requirements


def write(path, size):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_files_and_what_folders_hold_but_nothing_compiled(tmp_path):
    write(tmp_path / "model" / "sub" / "weights", 3_000_000)
    write(tmp_path / "model" / "__pycache__" / "code.pyc", 5_000_000)
    one = write(tmp_path / "words", 500_000)
    assert files_size([tmp_path / "model", one, tmp_path / "absent"]) == 3.5


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Distributions by name: what they need, and the size of their one file."""
    known = {
        "a": (["B_b>=1", "absent; python_version > '3'", 'c; extra == "more"'], 1_000_000),
        "b-b": (["a", "d (<2)"], 2_000_000),
        "c": ([], 4_000_000),
        "d": (None, 8_000_000),
    }

    def distribution(name):
        if name not in known:
            raise PackageNotFoundError(name)
        requires, size = known[name]
        file = write(tmp_path / name, size)
        gone = SimpleNamespace(locate=lambda: tmp_path / "gone")
        return SimpleNamespace(requires=requires, files=[SimpleNamespace(locate=lambda: file), gone])

    monkeypatch.setattr("bert_mrc_theseus.bench.disk_size.distribution", distribution)


def test_libraries_with_all_that_they_need_but_no_extras(installed):
    assert requirements("a") == ["B_b", "absent"]
    # a needs b-b, which needs a again, and d; c is an extra, and one is not installed.
    assert libraries_size(["a", "A"]) == 11.0
    assert libraries_size(["c"]) == 4.0 and libraries_size([]) == 0.0
