"""Standard streams that are closed, full, gone or of another encoding; signals; the disk. Nothing ends in a traceback."""

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = f"{sys.executable} -m bert_mrc_theseus"


def shell(command, folder, **environment):
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in.txt").write_text("程晓光从广州飞往大连🌊\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("predict in.txt -o /dev/full", "/dev/full: No space left on device"),
        ("predict in.txt > /dev/full", "standard output: No space left on device"),
        ("predict in.txt --format text >&-", "standard output: it is closed"),
        ("preprocess --list > /dev/full", "standard output: No space left on device"),
    ],
)
def test_a_stream_that_cannot_be_written_is_one_line(folder, command, message):
    done = shell(f"{PROGRAM} {command}", folder)
    (line,) = done.stderr.decode().splitlines()
    assert done.returncode == 1 and line.startswith(f"error: {message}")
    assert os.listdir(folder) == ["in.txt"]


@pytest.mark.parametrize("command", ["predict < in.txt - -o in.txt", "predict in.txt >> in.txt"])
def test_an_output_that_is_an_input_is_wrong_usage(folder, command):
    before = (folder / "in.txt").read_bytes()
    done = shell(f"{PROGRAM} {command}", folder)
    (line,) = done.stderr.decode().splitlines()
    assert done.returncode == 2 and "is an input" in line
    assert (folder / "in.txt").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("predict in.txt -o in.txt", "in.txt is an input, in.txt"),
        ("predict in.txt -o .", ". is a folder"),
        ("predict in.txt -o in.txt/out", "in.txt is no folder"),
        (f"predict in.txt -o {'x' * 256}", "File name too long"),
        ("predict in.txt --format brat -o in.txt", "in.txt is no folder"),
        ("predict in.txt --format brat -o .", ". holds in.txt, which is read"),
        ("predict in.txt --format xml", "the output format is one of"),
        ("predict in.txt --format brat --resume -o out", "not for brat"),
        ("predict in.txt --resume", "--resume needs a file to write to"),
        ("preprocess sample --out in.txt", "in.txt is no folder"),
        ("preprocess sample --out in.txt/out", "in.txt is no folder"),
        ("preprocess --train in.txt --out .", ". holds in.txt, which is read"),
        ("augment . --out in.txt/out", "in.txt is no folder"),
        ("average a b --out in.txt/out", "in.txt is no folder"),
        ("evaluate m in.txt --report in.txt", "in.txt is an input"),
        ("evaluate m in.txt --report x --errors ./x", "is written twice"),
        ("evaluate m in.txt --errors in.txt/errors", "in.txt is no folder"),
        ("report r in.txt -o in.txt", "in.txt is an input"),
        ("export m --to hf --out in.txt/out", "in.txt is no folder"),
        ("export m --data . --out in.txt/out", "in.txt is no folder"),
        ("compare a --out in.txt", "in.txt is no folder"),
        ("bench predict m --data in.txt --out in.txt", "in.txt is an input"),
        ("bench peers m --data in.txt --out in.txt", "in.txt is an input"),
        ("bench peers m --data in.txt --texts in.txt --markdown in.txt", "in.txt is an input"),
        ("bench peers m --data in.txt --out x --markdown ./x", "is written twice"),
        ("bench train m --data in.txt --out .", ". is a folder"),
        ("bench cold-start m --out .", ". is a folder"),
        ("bench scaling --data in.txt --out in.txt", "in.txt is an input"),
        ("bench shared m --data in.txt --out in.txt", "in.txt is an input"),
    ],
)
def test_an_output_that_cannot_be_written_is_one_line_before_any_work(folder, command, monkeypatch, arguments, message):
    before = (folder / "in.txt").read_bytes()
    monkeypatch.chdir(folder)
    for name in ("m", "r", "a", "b"):
        (folder / name).mkdir()
    (folder / "a" / "test.jsonl").touch()
    status, out, err = command(*arguments.split())
    (line,) = err.splitlines()
    assert status == 2 and out == "" and line.startswith("error: ") and message in line
    assert sorted(os.listdir(folder)) == ["a", "b", "in.txt", "m", "r"] and (folder / "in.txt").read_bytes() == before
    assert [path.name for path in folder.rglob("*/*")] == ["test.jsonl"]


def test_a_full_disk_is_one_line_and_leaves_what_was_there(folder):
    """A limit on the size of files stands for the disk."""
    (folder / "out").write_text("old")
    before = sorted(os.listdir(folder))
    code = (
        "import resource, sys, bert_mrc_theseus.cli.app as app\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n"
        "for arguments in map(str.split, sys.argv[1:]):\n"
        "    sys.argv = ['x', *arguments]\n"
        "    try:\n"
        "        app.main()\n"
        "    except SystemExit as stop:\n"
        "        assert stop.code == 1, stop.code"
    )
    commands = (
        *(f"predict in.txt --format {form} -o out" for form in ("jsonl", "html", "mrc")),
        "predict in.txt --format brat -o new",
        "predict in.txt --resume -o new",
        "preprocess sample --out new",
        "preprocess sample --out new/sub",
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *commands], cwd=folder, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    *some, resumed, one, other = done.stderr.splitlines()
    assert some[:3] == ["error: out: File too large (out is as it was before)"] * 3
    assert some[3:] == ["error: new: File too large (new was not written)"]
    assert resumed == "error: new: File too large"
    assert one == "error: new: File too large (new was not written)"
    assert other == "error: new/sub: File too large (new/sub was not written)"
    left = [name for name in sorted(os.listdir(folder)) if not name.startswith("new")]
    assert left == before and (folder / "out").read_text() == "old" and os.listdir(folder / "new") == []


def test_a_file_does_not_get_the_number_of_a_closed_stream(folder):
    done = shell(f"{PROGRAM} predict in.txt -o out.jsonl >&- 2>&- <&-", folder)
    assert done.returncode == 0 and (folder / "out.jsonl").read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_standard_output_is_utf8_and_messages_never_fail(folder, encoding):
    whole = shell(f"{PROGRAM} predict in.txt", folder, PYTHONIOENCODING="utf-8")
    done = shell(f"{PROGRAM} predict in.txt", folder, PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and done.stdout == whole.stdout and "🌊".encode() in done.stdout
    done = shell(f"{PROGRAM} report 🌊 🌊.txt", folder, PYTHONIOENCODING=f"{encoding}:strict")
    assert done.returncode == 2 and rb"\U0001f30a" in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_no_temporary_file(folder, number):
    os.mkfifo(folder / "fifo.txt")
    code = (
        "import sys, bert_mrc_theseus.prediction.input_files as input_files, bert_mrc_theseus.cli.app as app\n"
        "input_files.find_inputs = lambda paths, on_error: paths\n"
        "sys.argv = ['x', 'predict', 'fifo.txt', '-o', 'out.jsonl']\n"
        "app.main()"
    )

    def not_ignored():
        # A shell lets what it starts in the background ignore some.
        signal.signal(number, signal.SIG_DFL)

    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, stderr=subprocess.PIPE, preexec_fn=not_ignored
    ) as process:
        writer = os.open(folder / "fifo.txt", os.O_WRONLY)
        while len(os.listdir(folder)) < 3:
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait() != 0 and b"Traceback" not in process.stderr.read()
        os.close(writer)
    assert sorted(os.listdir(folder)) == ["fifo.txt", "in.txt"]
    if number != signal.SIGINT:
        assert process.returncode == 128 + number
