"""The scripts of docs/large.md run, and find what an extractor finds."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bert_mrc_theseus import Extractor

PAGE = Path(__file__).parents[1] / "docs" / "large.md"
TEXTS = [f"第{n}天程晓光从广州飞往大连。" for n in range(20)]


@pytest.mark.parametrize("library", ["dask.dataframe", "pyspark"])
def test_a_script_of_the_page_finds_what_an_extractor_finds(library, tmp_path):
    pytest.importorskip(library, reason="not in the extras")
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    if library == "pyspark" and shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    (script,) = (code for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if library in code)
    (tmp_path / "script.py").write_text(script)
    parquet.write_table(pa.table({"n": range(21), "text": [*TEXTS, None]}), tmp_path / "texts.parquet")
    done = subprocess.run(
        [sys.executable, "script.py", "texts.parquet", "found"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = sorted(parquet.read_table(tmp_path / "found").to_pylist(), key=lambda row: row["n"])
    with Extractor.load(threads=1) as extractor:
        expected = [[(e.start, e.end, e.type) for e in found] for found in extractor(TEXTS)]
    assert [[(e["start"], e["end"], e["type"]) for e in row["entities"]] for row in rows] == [*expected, []]
