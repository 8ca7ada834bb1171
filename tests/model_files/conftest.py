"""Folders of models, to be damaged."""

import shutil
from pathlib import Path

import pytest

from bert_mrc_theseus.model_files.checksums import CHECKSUMS
from tests.helpers.model_folders import save_with_graphs
from tests.helpers.saved_models import make_saved, match_model, word_model


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """Folders of two models, `ours` and `other`, each with weights and graphs."""
    folder = tmp_path_factory.mktemp("models")
    for name, model in (("ours", make_saved()), ("other", match_model())):
        save_with_graphs(folder / name, model)
    return folder


@pytest.fixture(scope="session")
def with_words(tmp_path_factory) -> Path:
    """The same of models with words, which have all files that there are."""
    folder = tmp_path_factory.mktemp("words")
    for name, model in (("ours", word_model()), ("other", word_model(layers=2))):
        save_with_graphs(folder / name, model)
    return folder


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made / "ours", tmp_path / "model"))


@pytest.fixture
def unchecked(folder) -> Path:
    """As older programs wrote it: without checksums."""
    (folder / CHECKSUMS).unlink()
    return folder
