"""Writing files whole, and the names of outputs."""

import errno
import os
import subprocess
import sys
import threading

import pytest

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.files.places import check_place


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="No space"), atomic_write(path) as stream:
        stream.write("new")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_written_file_is_as_readable_as_any_other(tmp_path):
    with atomic_write(tmp_path / "sub" / "a.txt") as stream:
        stream.write("x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "sub" / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_equal_content_gives_equal_gz_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        with atomic_write(tmp_path / name) as stream:
            stream.write("北京\n")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_an_existing_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "private"
    path.write_text("old")
    path.chmod(0o600)
    with atomic_write(path) as stream:
        stream.write("new")
    assert path.read_text() == "new" and path.stat().st_mode & 0o777 == 0o600


def test_the_target_of_a_link_is_replaced_and_not_the_link(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "folder").mkdir()
    for link, target in (("link", "target"), ("dangling", "made"), ("folder-link", "folder")):
        (tmp_path / link).symlink_to(target)
    for link in ("link", "dangling"):
        with atomic_write(tmp_path / link) as stream:
            stream.write("new")
    with atomic_folder(tmp_path / "folder-link") as new:
        (new / "a").write_text("new")
    assert all((tmp_path / name).is_symlink() for name in ("link", "dangling", "folder-link"))
    assert (tmp_path / "target").read_text() == (tmp_path / "made").read_text() == "new"
    assert (tmp_path / "folder" / "a").is_file()


def test_a_fifo_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "fifo").read_bytes()))
    reader.start()
    with atomic_write(tmp_path / "fifo") as stream:
        stream.write("北京\n")
    reader.join()
    assert read == ["北京\n".encode()] and (tmp_path / "fifo").is_fifo() and os.listdir(tmp_path) == ["fifo"]


def test_the_names_of_standard_output_are_written_to(tmp_path):
    code = """
from bert_mrc_theseus.files.atomic_files import atomic_write
for path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
    with atomic_write(path) as stream:
        stream.write(path + "\\n")
"""
    command = f"(echo before; {sys.executable} -c '{code}') > out"
    assert subprocess.run(["bash", "-c", command], cwd=tmp_path).returncode == 0
    assert (tmp_path / "out").read_text() == "before\n/dev/stdout\n/dev/fd/1\n/proc/self/fd/1\n"
    assert os.listdir(tmp_path) == ["out"]


def test_errors_of_a_write_name_the_output(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, atomic_write("/dev/full") as stream:
        stream.write("x")
    assert caught.value.filename == "/dev/full"
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError) as caught, atomic_write(tmp_path / "a" / "b"):
        pass
    assert caught.value.filename == str(tmp_path / "a" / "b")
    with pytest.raises(OSError) as caught, atomic_folder(tmp_path / "a"):
        pass
    assert caught.value.filename == str(tmp_path / "a") and (tmp_path / "a").read_text() == "old"


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path):
    name = "长" * 85
    with atomic_write(tmp_path / name) as stream:
        stream.write("x")
    with atomic_folder(tmp_path / ("f" * 255)) as new:
        (new / "a").write_text("x")
    assert sorted(os.listdir(tmp_path)) == sorted([name, "f" * 255])
    with pytest.raises(UserError, match="name too long"):
        check_place(tmp_path / ("长" * 86))


def test_what_replaces_a_private_file_was_never_readable_by_others(tmp_path):
    path = tmp_path / "private"
    path.touch(0o600)
    with atomic_write(path):
        (temporary,) = (entry for entry in tmp_path.iterdir() if entry != path)
        assert temporary.stat().st_mode & 0o077 == 0
