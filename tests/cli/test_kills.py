"""Commands that are killed while they write: what was there is there, or the whole new output is, and nothing else stays."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.files.temporary_files import is_temporary
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.interchange import write_documents
from tests.helpers.documents import columns, toy_documents
from tests.helpers.saved_models import save_three_trainings
from tests.helpers.stress import note, seeded, under_stress

KILLS = under_stress(1, 20)
KILLS_OF_EXPORT = under_stress(0, 5)
"""Of each of its four forms: three of them start TensorFlow."""


@dataclass(frozen=True)
class Writing:
    """A command that writes.

    Attributes:
        command: its arguments; {} is "old" or "new", by which what it writes differs.
        targets: what it writes, each of which is old or new.
        replaces: it replaces what is there; else there must be nothing.
        kills: how often it is killed; 0: not at all.
    """

    command: str
    targets: tuple[str, ...]
    replaces: bool = True
    kills: int = KILLS


COMMANDS = {
    "predict": Writing("predict {}.txt -o out/new.jsonl", ("out/new.jsonl",)),
    "predict to gz": Writing("predict {}.txt -o out/new.jsonl.gz", ("out/new.jsonl.gz",)),
    "predict to html": Writing("predict {}.txt --format html -o out/new.html", ("out/new.html",)),
    "predict to brat": Writing("predict {}.txt --format brat -o out/brat", ("out/brat",)),
    "preprocess": Writing("preprocess --train {}.bio --out out/data", ("out/data",)),
    "augment": Writing("augment data --copies 20 --out out/more", ("out/more",), replaces=False),
    "average": Writing("average models/0 models/1 models/2 --out out/mean", ("out/mean",), replaces=False),
    "prune": Writing("prune models/0 --data data --heads 1 --out out/narrow", ("out/narrow",), replaces=False),
    "evaluate": Writing(
        "evaluate models/0 data/{}.jsonl --report out/scores.json --errors out/errors.jsonl",
        ("out/scores.json", "out/errors.jsonl"),
        kills=under_stress(0, 20),
    ),
    "report": Writing("report run data/{}.jsonl -o out/page.html", ("out/page.html",), kills=under_stress(0, 20)),
    "export": Writing(
        "export models/exported --data data --out out/exported", ("out/exported",), False, KILLS_OF_EXPORT
    ),
    "export to hf": Writing("export models/0 --to hf --out out/bert", ("out/bert",), False, KILLS_OF_EXPORT),
    "export to tf": Writing("export models/0 --to tf --out out/tf", ("out/tf",), False, KILLS_OF_EXPORT),
}

CHANGES = {
    "evaluate --save-thresholds": ("evaluate out/model data --split new --tune --save-thresholds", KILLS),
    "export into the model": ("export out/model --data data", KILLS_OF_EXPORT),
}
"""Commands that change a model folder, and how often they are killed."""

MEASURED = re.compile(rb"<td>[\d,]+</td>")
"""No two reports have the same of these."""


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
    """Of a file or a folder, without the speeds on the page of a report; empty: there is none."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {
        str(file.relative_to(path.parent)): MEASURED.sub(b"", file.read_bytes()) for file in files if file.is_file()
    }


def temporaries(folder: Path, filled: bool = False) -> list[str]:
    """Temporary files in a folder and in the folders in it; `filled`: those alone that hold something."""
    found = []
    for place, folders, files in os.walk(folder):
        for name in filter(is_temporary, (*folders, *files)):
            with suppress(FileNotFoundError):
                if not filled or os.path.getsize(os.path.join(place, name)):
                    found.append(name)
    return found


def until_it_writes(process, folder: Path, left: set[str], filled: bool) -> None:
    """Waits for a temporary file: the first, by which a command may only look where it can write, or the first with content."""
    while process.poll() is None and not set(temporaries(folder, filled)) - left:
        time.sleep(0.0005)


def seconds_of_writing(folder, arguments) -> list[float]:
    """How long a command lives after it has made a temporary file, and after one holds something."""
    left, begun = set(temporaries(folder / "out")), []
    with start(folder, *arguments) as process:
        for filled in (False, True):
            until_it_writes(process, folder / "out", left, filled)
            begun.append(time.monotonic())
        err = process.stderr.read().decode()
    assert process.returncode == 0, err
    return [time.monotonic() - moment for moment in begun]


def kill_while_it_writes(folder, arguments, random, seconds, filled: bool) -> bool:
    """Kills a command at some moment after it has begun to write; False: it was faster."""
    left = set(temporaries(folder / "out"))
    with start(folder, *arguments) as process:
        until_it_writes(process, folder / "out", left, filled)
        time.sleep(random.uniform(0, seconds))
        process.kill()
    return process.returncode < 0


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills")
    (folder / "out").mkdir()
    for name, count in (("old", 3), ("new", 60)):
        lines = [f"第{n}天程晓光从广州飞往大连，又去了云南。" for n in range(count)]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        columns(folder / f"{name}.bio", *(f"<李明>第{n}天来了" for n in range(count * 50)))
        write_documents(folder / "data" / f"{name}.jsonl", toy_documents(count, 1))
    for split, count in (("train", 300), ("dev", 20)):
        write_documents(folder / "data" / f"{split}.jsonl", toy_documents(count, 2))
    models = save_three_trainings(folder / "models")
    write_graphs(models[0], serialised(build_graphs(load_model(models[0]))))
    return folder


@pytest.fixture(scope="module")
def exported(inputs, request) -> Path:
    """A run whose models are exported, and the last of them as `models/exported`."""
    shutil.copytree(request.getfixturevalue("trained").run, inputs / "run")
    for best in sorted((inputs / "run").glob("stage?/best")):
        write_graphs(best, serialised(build_graphs(load_model(best))))
    return Path(shutil.copytree(best, inputs / "models" / "exported"))


@pytest.mark.parametrize("name", [name for name in COMMANDS if COMMANDS[name].kills])
def test_a_killed_command_leaves_the_old_output_or_the_new_one(inputs, name, request):
    writing, random = COMMANDS[name], seeded(name)
    if name in ("report", "export"):
        request.getfixturevalue("exported")
    outs = [inputs / target for target in writing.targets]
    new = writing.command.format("new").split()

    def found():
        return [contents(out) for out in outs]

    def clear():
        for out in () if writing.replaces else outs:
            shutil.rmtree(out, ignore_errors=True)
        if writing.replaces:
            finish(inputs, *writing.command.format("old").split())

    seconds = seconds_of_writing(inputs, new)
    whole = found()
    clear()
    old = found()
    assert all(one != other for one, other in zip(old, whole, strict=True))
    kills = 0
    for number in range(writing.kills):
        kills += kill_while_it_writes(inputs, new, random, seconds[number % 2], filled=number % 2 == 1)
        left = found()
        assert all(content in both for content, both in zip(left, zip(old, whole, strict=True), strict=True))
        if left != old:
            clear()
            assert found() == old
    finish(inputs, *new)
    assert found() == whole and temporaries(inputs / "out") == []
    note(f"{name}: {kills} of {writing.kills} killed while it wrote, nothing half-written, nothing lost, nothing left")


@pytest.mark.skipif(under_stress(True, False), reason="minutes; each moment is tested in tests/model_files")
@pytest.mark.parametrize("name", CHANGES)
def test_a_model_that_is_being_changed_stays_one(inputs, exported, name):
    (command, times), random, model = CHANGES[name], seeded(name), inputs / "out" / "model"
    arguments = command.split()

    def fresh():
        shutil.rmtree(model, ignore_errors=True)
        shutil.copytree(exported, model)

    fresh()
    seconds = seconds_of_writing(inputs, arguments)
    whole, kills = contents(model), 0
    for number in range(times):
        fresh()
        kills += kill_while_it_writes(inputs, arguments, random, seconds[number % 2], filled=number % 2 == 1)
        load_model(model)
        load_engine(model, "onnx")[1].close()
    finish(inputs, *arguments)
    assert contents(model) == whole
    note(f"{name}: {kills} of {times} killed while it wrote, a whole model each time")


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
