"""What may be written where."""

import os
import subprocess
import sys

import pytest

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.outputs import (
    MARKER,
    check_output_file,
    check_output_folder,
    output_folder,
)


def write(path, files, **options):
    with output_folder(path, "preprocess", **options) as new:
        for name, content in files.items():
            (new / name).write_text(content)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir() if entry.name != MARKER)


def test_no_input_is_an_output(tmp_path):
    text, model = tmp_path / "a.txt", tmp_path / "model"
    text.write_text("x")
    model.mkdir()
    (model / "config.json").write_text("{}")
    (tmp_path / "link").symlink_to("a.txt")
    os.link(text, tmp_path / "hard")
    for output in ("a.txt", "link", "hard", "model/../a.txt"):
        with pytest.raises(UserError, match="is an input"):
            check_output_file(tmp_path / output, [text])
    check_output_file(tmp_path / "other", [text, model, "-"])
    with pytest.raises(UserError, match=r"holds .*a\.txt, which is read"):
        check_output_folder(tmp_path, "preprocess", True, [text])
    with pytest.raises(UserError, match="which is read"):
        check_output_folder(model, "preprocess", True, [model])


def test_a_standard_output_that_is_an_input(tmp_path):
    (tmp_path / "in").write_text("x")
    for output, given, redirected in (
        ("None", "in", ">> in"),
        ("'/dev/stdout'", "in", ">> in"),
        ("'in'", "-", "< in"),
    ):
        code = f"from bert_mrc_theseus.outputs import *; check_output_file({output}, ['{given}'])"
        done = subprocess.run(
            ["bash", "-c", f'{sys.executable} -c "{code}" {redirected}'], cwd=tmp_path, capture_output=True, text=True
        )
        assert "is an input" in done.stderr
    check_output_file(None, [tmp_path / "in"])


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("folder", "is a folder"),
        ("file/out", "file is no folder"),
        ("file/sub/out", "file is no folder"),
        ("x" * 256, "name too long"),
        ("/proc/out", "takes no files"),
        ("loop", "symbolic links"),
    ],
)
def test_what_cannot_be_written_is_said_before_and_changes_nothing(tmp_path, output, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError, match=message):
        check_output_file(tmp_path / output)
    if output != "folder":
        with pytest.raises(UserError, match=message):
            check_output_folder(tmp_path / output, "preprocess")
    with pytest.raises(UserError, match="is no folder"):
        check_output_folder(tmp_path / "file", "preprocess", overwrite=True)
    assert names(tmp_path) == ["file", "folder", "loop"]


def test_a_folder_of_the_same_command_is_replaced_as_a_whole(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write(out, {"train": "1", "dev": "1"})
    write(out, {"train": "2"})
    assert names(out) == ["train"] and (out / "train").read_text() == "2" and os.listdir(tmp_path) == ["out"]
    with pytest.raises(UserError, match="was not written by predict"):
        check_output_folder(out, "predict")


def test_what_others_put_into_a_folder_stays(tmp_path):
    out = tmp_path / "out"
    (out / "sub").mkdir(parents=True)
    (out / "sub" / "keep.md").write_text("keep")
    (out / "thesis.docx").write_text("thesis")
    (out / "link").symlink_to("thesis.docx")
    (out / "thesis.docx").chmod(0o600)
    for _ in range(2):
        with pytest.raises(UserError, match="--overwrite"):
            write(out, {"train": "1"})
        assert names(out) == sorted({"sub", "thesis.docx", "link", *names(out)})
        write(out, {"train": "1"}, overwrite=True)
        assert names(out) == ["link", "sub", "thesis.docx", "train"] and os.listdir(tmp_path) == ["out"]
        assert (out / "sub" / "keep.md").read_text() == "keep" and (out / "link").is_symlink()
        assert (out / "thesis.docx").stat().st_mode & 0o777 == 0o600
    # Without the marker a name does not say whose file it is.
    (out / MARKER).unlink()
    write(out, {"dev": "1"}, overwrite=True, belongs=lambda name: name == "train")
    assert names(out) == ["dev", "link", "sub", "thesis.docx"]


def test_what_was_changed_is_not_replaced(tmp_path):
    out = tmp_path / "out"
    write(out, {"a.ann": "1", "b.ann": "1"})
    (out / "a.ann").write_text("corrected")
    with pytest.raises(UserError, match=r"a\.ann, changed since"):
        write(out, {"a.ann": "2"})
    assert (out / "a.ann").read_text() == "corrected"
    write(out, {"a.ann": "2"}, overwrite=True)
    assert names(out) == ["a.ann"] and (out / "a.ann").read_text() == "2"


def test_what_appears_while_a_folder_is_made_stays(tmp_path):
    out = tmp_path / "out"
    with output_folder(out, "preprocess") as new:
        (new / "a").write_text("x")
        out.mkdir()
        (out / "b").write_text("y")
    assert names(out) == ["a", "b"]


def test_two_at_once_never_mix(tmp_path):
    out = tmp_path / "out"
    code = """
import sys
from bert_mrc_theseus.outputs import output_folder
for _ in range(20):
    with output_folder(sys.argv[1], "preprocess") as new:
        for name in ("a", "b", sys.argv[2]):
            (new / name).write_text(sys.argv[2])
"""
    running = [subprocess.Popen([sys.executable, "-c", code, out, word]) for word in ("one", "two")]
    assert [process.wait() for process in running] == [0, 0]
    (word,) = {"one", "two"} & set(names(out))
    assert names(out) == sorted(["a", "b", word]) and {(out / name).read_text() for name in names(out)} == {word}
    assert os.listdir(tmp_path) == ["out"]


def test_what_its_folder_lets_nobody_replace_is_refused_before_the_work(tmp_path, monkeypatch):
    """As another user's file in /tmp."""
    (tmp_path / "a").write_text("theirs")
    tmp_path.chmod(0o1777)
    check_output_file(tmp_path / "a")
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(UserError, match="another user's"):
        check_output_file(tmp_path / "a")
    check_output_file(tmp_path / "b")
