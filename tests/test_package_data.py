"""Where the model that comes along is found: with the code, in a distribution of its own, or not at all."""

import importlib
import shutil
import tomllib
from pathlib import Path

import pytest

from bert_mrc_theseus import package_data
from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.package_data import BUNDLED_MODELS, MODELS, bundled_model

ROOT = Path(__file__).parents[1]


@pytest.fixture
def without_models(tmp_path, monkeypatch) -> Path:
    """The folder of an installation whose data lack the models; what is put there can be imported."""
    monkeypatch.setattr(package_data, "data_folder", lambda: tmp_path / "data")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_clone_has_the_models():
    assert bundled_model() == ROOT / "data" / "models" / "ner-zh-small"
    assert {bundled_model(name).name for name in BUNDLED_MODELS} == {
        config.parent.name for config in (ROOT / "data" / "models").glob("*/config.json")
    }


def test_a_clone_that_is_not_what_is_installed_is_said(monkeypatch):
    monkeypatch.setattr(package_data, "DATA", "bert_mrc_theseus.of_nobody")
    with pytest.raises(UserError, match="pip install -e"):
        bundled_model()


def test_without_it_the_command_says_what_to_install(without_models, command):
    with pytest.raises(ModelError, match="pip install bert-mrc-theseus-models"):
        bundled_model()
    status, _, err = command("predict", "--text", "广州")
    assert status == 1 and "pip install bert-mrc-theseus-models" in err
    status, _, err = command("predict", "--text", "广州", "-m", "ner-zh-tiny")
    assert status == 2 and "ner-zh-tiny is not installed: pip install bert-mrc-theseus-models" in err


def test_the_distribution_of_models_has_it(without_models):
    shutil.copytree(ROOT / "data" / "models", without_models / MODELS)
    importlib.invalidate_caches()
    for name in BUNDLED_MODELS:
        assert bundled_model(name) == without_models / MODELS / name


def test_both_distributions_list_all_models():
    def globs(pyproject: Path, package: str, prefix: str) -> set[str]:
        settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
        return {glob.removeprefix(prefix) for glob in settings[package]}

    models = ROOT / "data" / "models"
    files = [file for config in models.glob("*/config.json") for file in config.parent.rglob("*") if file.is_file()]
    wanted = {f"{file.parent.relative_to(models).as_posix()}/*" for file in files}
    assert globs(models / "pyproject.toml", MODELS, "") == wanted
    assert globs(ROOT / "pyproject.toml", "bert_mrc_theseus.data", "models/") == wanted
