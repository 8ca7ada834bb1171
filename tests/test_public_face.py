"""`import bert_mrc_theseus as bmt`: its names, their examples, and what importing it costs."""

import doctest
import importlib
import inspect
import shutil
import subprocess
import sys

import pytest

import bert_mrc_theseus as bmt

DEEPER = ("engines", "model", "model_files", "training")
NAMES = [
    *bmt.__all__,
    *(
        f"{folder}.{name}"
        for folder in DEEPER
        for name in importlib.import_module(f"bert_mrc_theseus.{folder}").__all__
    ),
]
WITHOUT_EXAMPLE = {
    # Values that other examples make and show.
    "model.ModelOutput", "model.keras_model", "training.StageResult", "training.NewPredecessor", "training.Replacing",
    "training.Distillation", "training.stage_config",
}  # fmt: skip


def of_name(name):
    value = bmt
    for part in name.split("."):
        value = getattr(value, part)
    return value


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    """What the examples find where they run: data/, bert/ and a finished run/."""
    made = tmp_path_factory.mktemp("examples")
    for name, path in (("data", trained.data), ("bert", trained.encoder), ("run", trained.run)):
        shutil.copytree(path, made / name)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_an_example_that_runs(name, folder, monkeypatch):
    value = of_name(name)
    assert inspect.getdoc(value)
    monkeypatch.chdir(folder)
    tests = [t for t in doctest.DocTestFinder(recurse=False).find(value, name, globs={}) if t.examples]
    assert tests or name in WITHOUT_EXAMPLE
    for test in tests:
        out: list[str] = []
        failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(
            test, out=out.append
        )
        assert failed.failed == 0, "".join(out)


def test_errors_cost_nothing_but_themselves():
    code = (
        "import sys; import bert_mrc_theseus as bmt; bmt.errors.UserError; "
        "print(sorted(m for m in sys.modules if m.startswith('bert_mrc_theseus')), 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['bert_mrc_theseus', 'bert_mrc_theseus.errors'] False"


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="Extractors"):
        _ = bmt.Extractors
    assert set(bmt.__all__) <= set(dir(bmt))
