"""Folders for the many examples of a test."""

import tempfile
from pathlib import Path

import pytest


def new_folder(factory: pytest.TempPathFactory) -> Path:
    """An empty folder. pytest's own are numbered, and each costs more than the one before."""
    return Path(tempfile.mkdtemp(dir=factory.getbasetemp()))
