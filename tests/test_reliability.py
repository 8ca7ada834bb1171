"""docs/reliability.md: every test that holds a promise is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tests_of_the_promises_are_there():
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) > 20
    missing = [
        (file, name)
        for file, name in named
        if not (ROOT / file).is_file() or f"def {name}" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []
