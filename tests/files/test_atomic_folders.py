"""Writing folders whole."""

import errno
import os
import subprocess
import sys
import time

import pytest

from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.atomic_folders import atomic_folder


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    for content in ("old", "new"):
        try:
            with atomic_folder(tmp_path / "model") as new:
                (new / "file").write_text(content)
                if content == "new":
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    assert (tmp_path / "model" / "file").read_text() == "old" and os.listdir(tmp_path) == ["model"]


@pytest.fixture(params=[True, False], ids=["exchange", "set aside"])
def swaps(request, monkeypatch) -> bool:
    """Both ways in which a folder replaces another; the second one is that of systems without the first."""
    if not request.param:
        monkeypatch.setattr("bert_mrc_theseus.files.atomic_folders.exchange", lambda one, other: False)
    return request.param


def test_a_folder_replaces_another_and_leaves_nothing_beside_it(tmp_path, swaps):
    for content in ("old", "new"):
        with atomic_folder(tmp_path / "model") as new:
            for name in ("config", content):
                (new / name).write_text(content)
    assert sorted(os.listdir(tmp_path / "model")) == ["config", "new"] and os.listdir(tmp_path) == ["model"]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_one_before(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a").write_text("old")
    real = os.rename

    def second_fails(source, target):
        if target == folder and ".new" in str(source):
            raise OSError(errno.EACCES, "no")
        real(source, target)

    monkeypatch.setattr("bert_mrc_theseus.files.atomic_folders.exchange", lambda one, other: False)
    monkeypatch.setattr("os.rename", second_fails)
    with pytest.raises(OSError, match="no") as caught, atomic_folder(folder) as new:
        (new / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["model"] and (folder / "a").read_text() == "old"
    assert caught.value.filename == str(folder) and caught.value.__notes__ == [f"{folder} is as it was before"]


def test_a_folder_that_cannot_be_put_back_either_is_put_back_by_the_next_write(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a").write_text("old")
    real = os.rename

    def only_the_first(source, target):
        if target == folder:
            raise OSError(errno.EACCES, "no")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("bert_mrc_theseus.files.atomic_folders.exchange", lambda one, other: False)
        patch.setattr("os.rename", only_the_first)
        with pytest.raises(OSError, match="no"), atomic_folder(folder) as new:
            (new / "a").write_text("new")
    assert not folder.exists()
    with atomic_write(tmp_path / "other"):
        pass
    assert (folder / "a").read_text() == "old" and sorted(os.listdir(tmp_path)) == ["model", "other"]


KILLED = """
import os, signal, sys
from pathlib import Path
from bert_mrc_theseus.files import atomic_folders
if sys.argv[2] == "set aside":
    atomic_folders.exchange = lambda one, other: False
for number in range(1, 10**6):
    with atomic_folders.atomic_folder(sys.argv[1]) as new:
        for name in "abc":
            (new / name).write_text(str(number))
    if number == 1:
        print("ready", flush=True)
"""


def test_a_killed_command_leaves_a_whole_folder_and_the_next_write_removes_the_rest(tmp_path, swaps):
    folder = tmp_path / "model"
    gone = 0
    for kill in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, folder, "exchange" if swaps else "set aside"], stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            time.sleep(0.002 * kill)
            process.kill()
        gone += not folder.exists()
        with atomic_write(tmp_path / "other") as stream:
            stream.write("x")
        assert sorted(os.listdir(tmp_path)) == ["model", "other"]
        assert len({(folder / name).read_text() for name in "abc"}) == 1
    if swaps and sys.platform == "linux":
        assert gone == 0


def test_a_folder_of_something_else_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("thesis")
    with pytest.raises(OSError, match="holds something else"), atomic_folder(tmp_path / "mine") as new:
        (new / "config.json").write_text("{}")
    assert os.listdir(tmp_path / "mine") == ["thesis.docx"] and os.listdir(tmp_path) == ["mine"]


def test_what_a_library_keeps_from_others_becomes_readable(tmp_path):
    with atomic_folder(tmp_path / "model") as new:
        (new / "weights").touch(0o600)
    (tmp_path / "plain").touch()
    assert (tmp_path / "model" / "weights").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_current_folder_is_filled_if_it_is_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    with atomic_folder(".") as new:
        (new / "a").write_text("x")
    assert os.listdir() == ["a"] and tmp_path.stat().st_ino == before
    with pytest.raises(OSError, match="something else"), atomic_folder(".") as new:
        (new / "b").write_text("x")
    with pytest.raises(OSError, match="not empty") as caught, atomic_folder(".") as new:
        (new / "a").write_text("y")
    assert os.listdir() == ["a"] and (tmp_path / "a").read_text() == "x" and "->" not in str(caught.value)
