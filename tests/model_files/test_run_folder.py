"""A stage that was trained again takes the place of the one before, whenever the command is killed."""

import json
from pathlib import Path

import pytest

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files import run_folder
from bert_mrc_theseus.model_files.run_folder import StageFolder


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it is done."""


def stage(folder: Path, which: str) -> StageFolder:
    """A finished stage."""
    made = StageFolder(folder, 1)
    made.best.mkdir(parents=True)
    (made.best / "model").write_text(which)
    made.report_file.write_text(json.dumps({"best_f1": 0.5, "steps": 1, "minutes": 0.1, "which": which}))
    return made


def which(folder: Path) -> str | None:
    """Which stage is whole in a folder."""
    made = StageFolder(folder, 1)
    report = made.report()
    if report is None:
        return None
    assert (made.best / "model").read_text() == report.content["which"]
    return report.content["which"]


@pytest.mark.parametrize("steps", range(6))
def test_whenever_it_is_killed_a_whole_stage_is_there_and_the_new_one_comes_out(tmp_path, monkeypatch, steps):
    folder = stage(tmp_path / "stage1", "old")
    stage(folder.anew.path, "new")
    left = [steps]

    def dying(function):
        def step(*arguments):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return function(*arguments)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(run_folder.os, "replace", dying(run_folder.os.replace))
        patch.setattr(run_folder, "_remove", dying(run_folder._remove))
        try:
            folder.settle()
        except Killed:
            assert steps < 4
        else:
            assert steps >= 4
    there = [which(path) for path in (folder.path, folder.anew.path, tmp_path / "stage1.old")]
    assert "new" in there and there[0] in ("old", "new", None)
    folder.settle()
    assert which(folder.path) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["stage1"]


def test_two_commands_do_not_train_in_one_folder(tmp_path):
    folder = StageFolder(tmp_path / "run" / "stage1", 1)
    with folder.alone():
        with pytest.raises(UserError, match=r"another command trains in .*stage1"), folder.alone():
            raise AssertionError
        folder.log.touch()
    with folder.alone():
        folder.empty()
    assert not folder.path.exists()
    folder.path.touch()
    with pytest.raises(UserError, match="cannot make"), folder.alone():
        raise AssertionError


def test_a_stage_that_is_not_done_takes_no_place(tmp_path):
    folder = stage(tmp_path / "stage1", "old")
    stage(folder.anew.path, "new").report_file.unlink()
    folder.settle()
    assert which(folder.path) == "old" and folder.anew.best.is_dir()


def test_what_killed_commands_left_is_removed(tmp_path):
    folder = stage(tmp_path / "stage1", "old")
    (folder.path / ".best.x1y2").mkdir()
    (folder.path / ".best.x1y2" / "model.safetensors").touch()
    (folder.path / ".checkpoint.safetensors.new").touch()
    folder.checkpoint.touch()
    folder.clear()
    assert sorted(path.name for path in folder.path.iterdir()) == ["best", "report.json"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"best_f1": 1}', "[" * 100_000])
def test_a_damaged_report_is_named(tmp_path, content):
    folder = stage(tmp_path / "stage1", "old")
    folder.report_file.write_text(content)
    with pytest.raises(ModelError, match=r"report\.json"):
        folder.report()
