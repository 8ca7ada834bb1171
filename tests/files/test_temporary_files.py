"""What killed and living commands leave beside an output."""

import os
import subprocess
import sys

from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.files.temporary_files import remove_leftovers


def test_the_temporary_file_of_a_killed_command_is_removed_by_the_next_write_beside_it(tmp_path):
    code = """
import sys, time
from bert_mrc_theseus.files.atomic_files import atomic_write
with atomic_write(sys.argv[1]) as stream:
    print("ready", flush=True)
    time.sleep(600)
"""
    (tmp_path / ".bert-mrc-theseus-notes").write_text("a user's own")
    with subprocess.Popen([sys.executable, "-c", code, tmp_path / "out"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        with atomic_write(tmp_path / "while"):
            pass
        assert len(os.listdir(tmp_path)) == 3
        process.kill()
    assert len(os.listdir(tmp_path)) == 3
    with atomic_write(tmp_path / "after"):
        pass
    assert sorted(os.listdir(tmp_path)) == [".bert-mrc-theseus-notes", "after", "while"]


def test_what_a_living_command_writes_is_no_leftover(tmp_path):
    with atomic_folder(tmp_path / "model") as new, atomic_write(tmp_path / "file") as stream:
        stream.write("x")
        (new / "a").write_text("x")
        remove_leftovers(tmp_path)
        assert len(os.listdir(tmp_path)) == 2
    assert (tmp_path / "model" / "a").is_file() and (tmp_path / "file").read_text() == "x"
