"""A cache of huggingface-hub, without a network."""

from pathlib import Path

import pytest

from bert_mrc_theseus.package_data import bundled_model

COMMITS = {"main": "0" * 39 + "1", "v1": "0" * 39 + "2"}


def hub_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fills a folder as huggingface-hub does, with the bundled model as owner/name in two revisions, of which v1 lacks a graph.

    Returns:
        The folder of the revisions, by their commits.
    """
    constants = pytest.importorskip("huggingface_hub.constants", reason="the extra hub is not installed")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    repository = folder / "models--owner--name"
    for revision, commit in COMMITS.items():
        for file in bundled_model().rglob("*.*"):
            name = file.relative_to(bundled_model())
            if file.is_file() and not (revision == "v1" and name.name == "upper.onnx"):
                (repository / "snapshots" / commit / name).parent.mkdir(parents=True, exist_ok=True)
                (repository / "snapshots" / commit / name).symlink_to(file)
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / revision).write_text(commit)
    return repository / "snapshots"
