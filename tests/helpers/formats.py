"""Formats whose library may be missing."""

import pytest

from bert_mrc_theseus.tables.kinds import TYPED

LIBRARIES = {**dict.fromkeys(TYPED, "pyarrow"), "hf": "datasets"}


def needs_library(form: str) -> None:
    """Skips a test of a format that cannot be read or written here."""
    if form in LIBRARIES:
        pytest.importorskip(LIBRARIES[form], reason=f"the format {form} needs it, see the extras")
