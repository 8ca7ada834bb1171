"""The code on docs/integrations.md runs, each section with the library that it is about."""

import ast
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "integrations.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def libraries(code: str) -> set[str]:
    """What a block imports, but this package."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        name
        for node in nodes
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    return {str(name).partition(".")[0] for name in names} - {"bert_mrc_theseus"}


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: "+".join(sorted(libraries(code))) or "plain")
@pytest.mark.filterwarnings("ignore:column 'text'")
def test_a_block_runs(code, tmp_path, monkeypatch):
    for library in sorted(libraries(code)):
        pytest.importorskip(library, reason=f"{library} is not installed: the block is not run")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(PAGE), "exec"), {"__name__": "__main__"})
