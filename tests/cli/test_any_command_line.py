"""Whatever stands on the command line: a wrong value is one line and exit status 2, before anything is loaded."""

import json
import subprocess
import sys
from pathlib import Path

from tests.helpers.command_lines import BASES, functions, make_folder

ROOT = Path(__file__).parents[2]


def contents(folder):
    return {
        path: path.read_bytes()
        for name in ("data", "full", "text.txt")
        for path in [folder / name, *(folder / name).rglob("*")]
        if path.is_file()
    }


def test_no_value_of_any_option_ends_in_a_traceback(tmp_path):
    make_folder(tmp_path)
    before = contents(tmp_path)
    assert set(functions()) == set(BASES)
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.command_lines", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    bad = []
    for outcome in outcomes:
        case, status, err = outcome["case"], outcome["status"], outcome["err"]
        one_line = err.startswith("error: ") and err.count("\n") == 1
        if case["wrong"]:
            good = status in ((1, 2) if case["wrong"] == "refused" else (2,)) and one_line and outcome["out"] == ""
        elif status in (1, 2):
            good = one_line
        else:
            good = status in (0, 3, "begun")
        if case["wrong"] is None:
            good = good and status != 2
        if not good:
            bad.append((case["arguments"], status, err[-300:]))
    assert not bad, f"{len(bad)} of {len(outcomes)}:\n" + "\n".join(map(str, bad))
    assert len(outcomes) > 1000
    assert contents(tmp_path) == before
