"""Commands that are killed while they write: what was there is there, or the whole new output is, and nothing else stays."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bert_mrc_theseus.files.temporary_files import is_temporary
from tests.helpers.documents import columns
from tests.helpers.stress import note, seeded, under_stress

KILLS = under_stress(1, 20)

COMMANDS = {
    "predict": ("predict {}.txt -o out/new.jsonl", "out/new.jsonl"),
    "predict to gz": ("predict {}.txt -o out/new.jsonl.gz", "out/new.jsonl.gz"),
    "predict to html": ("predict {}.txt --format html -o out/new.html", "out/new.html"),
    "predict to brat": ("predict {}.txt --format brat -o out/brat", "out/brat"),
    "preprocess": ("preprocess --train {}.bio --out out/data", "out/data"),
}
"""A command, and what it writes: first from `old`, then from `new`."""


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "bert_mrc_theseus", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def finish(folder, *arguments):
    with start(folder, *arguments) as process:
        err = process.stderr.read().decode()
    assert process.returncode == 0, err


def contents(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {str(file.relative_to(path.parent)): file.read_bytes() for file in files if file.is_file()}


def temporaries(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if is_temporary(name)] if folder.is_dir() else []


def kill_while_it_writes(folder, arguments, random, seconds) -> bool:
    """Kills a command at some moment after it has begun to write; False: it was faster."""
    left = set(temporaries(folder / "out"))
    with start(folder, *arguments) as process:
        while process.poll() is None and not set(temporaries(folder / "out")) - left:
            time.sleep(0.0005)
        time.sleep(random.uniform(0, seconds))
        process.kill()
    return process.returncode < 0


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills")
    for name, count in (("old", 3), ("new", 60)):
        lines = [f"第{n}天程晓光从广州飞往大连，又去了云南。" for n in range(count)]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        columns(folder / f"{name}.bio", *(f"<李明>第{n}天来了" for n in range(count * 50)))
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_leaves_the_old_output_or_the_new_one(inputs, name):
    command, target = COMMANDS[name]
    random, out = seeded(name), inputs / target
    new = command.format("new").split()
    begun = time.monotonic()
    finish(inputs, *new)
    # Half of it is the start of the process, during which nothing is written.
    seconds = (time.monotonic() - begun) / 2
    whole = contents(out)
    finish(inputs, *command.format("old").split())
    old = contents(out)
    assert old != whole
    kills = 0
    for _ in range(KILLS):
        kills += kill_while_it_writes(inputs, new, random, seconds)
        found = contents(out)
        assert found in (old, whole)
        if found == whole:
            finish(inputs, *command.format("old").split())
            assert contents(out) == old
    finish(inputs, *new)
    assert contents(out) == whole and temporaries(inputs / "out") == []
    note(f"{name}: {kills} of {KILLS} killed while it wrote, nothing half-written, nothing lost, nothing left")


def test_a_prediction_that_is_killed_again_and_again_ends_at_the_same_bytes(inputs):
    random, out = seeded("resume"), inputs / "resumed.jsonl"
    begun = time.monotonic()
    finish(inputs, "predict", "new.txt", "-o", "whole.jsonl")
    seconds = time.monotonic() - begun
    kills = rounds = 0
    while kills < KILLS and rounds < 3 * KILLS:
        rounds += 1
        with start(inputs, "predict", "new.txt", "-o", out, "--resume") as process:
            time.sleep(random.uniform(0, seconds))
            process.kill()
        if process.returncode < 0:
            kills += 1
        else:
            assert out.read_bytes() == (inputs / "whole.jsonl").read_bytes()
            out.unlink()
    finish(inputs, "predict", "new.txt", "-o", out, "--resume")
    assert out.read_bytes() == (inputs / "whole.jsonl").read_bytes()
    assert not list(inputs.glob("resumed.jsonl.*"))
    note(f"predict --resume: {kills} kills in {rounds} runs, the bytes of an uninterrupted run")


@pytest.mark.skipif(under_stress(True, False), reason="minutes; what is resumed is tested in tests/training")
def test_a_training_that_is_killed_again_and_again_ends_at_the_same_weights(trained, tmp_path):
    random = seeded("train")
    settings = "--stage 0 --no-words --window 100 --context-position 16 --tokens 512 --learning-rate 3e-3 --epochs 8"
    (tmp_path / "data").symlink_to(trained.data)
    (tmp_path / "bert").symlink_to(trained.encoder)

    def arguments(run):
        return ["train", "data", "--encoder", "bert", *settings.split(), "--checkpoint-minutes", "0", "--run", run]

    begun = time.monotonic()
    finish(tmp_path, *arguments("whole"))
    seconds = time.monotonic() - begun
    weights = (tmp_path / "whole/stage0/best/model.safetensors").read_bytes()
    kills = rounds = 0
    killed = tmp_path / "killed/stage0/best/model.safetensors"
    while kills < KILLS and rounds < 3 * KILLS:
        rounds += 1
        with start(tmp_path, *arguments("killed"), "--resume") as process:
            # The first third is the start of TensorFlow.
            time.sleep(random.uniform(seconds / 3, seconds))
            process.kill()
        if process.returncode < 0:
            kills += 1
        else:
            assert process.returncode == 0 and killed.read_bytes() == weights
            shutil.rmtree(tmp_path / "killed")
    finish(tmp_path, *arguments("killed"), "--resume")
    assert killed.read_bytes() == weights
    note(f"train: {kills} kills in {rounds} runs, the weights of an uninterrupted run")
