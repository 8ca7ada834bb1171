"""Formats whose library may be missing."""

import pytest

from bert_mrc_theseus.tables.kinds import TYPED


def needs_library(form: str) -> None:
    """Skips a test of a format that cannot be read or written here."""
    if form in TYPED:
        pytest.importorskip("pyarrow", reason="the extra [tables] reads and writes it")
