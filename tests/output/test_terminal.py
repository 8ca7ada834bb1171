"""What commands print: names as they are."""

import ast
import io
import os
from pathlib import Path

import pytest
from rich.table import Table

import bert_mrc_theseus
from bert_mrc_theseus.output.terminal import PlainConsole


@pytest.mark.parametrize("name", ["[/x]", "x[bold]", "[red]r[/]", ":smile:", "[link=http://x]y[/link]", "\\[a]"])
def test_a_name_is_never_markup(name):
    stream = io.StringIO()
    console = PlainConsole(file=stream, width=200, force_terminal=True, color_system=None)
    console.print(f"a {name}")
    table = Table("", name, title=f"{name} -> out", box=None)
    table.add_row(name, name)
    console.print(table)
    assert stream.getvalue().count(name) == 5


def test_a_name_that_is_not_utf8_is_shown():
    raw = io.BytesIO()
    console = PlainConsole(file=io.TextIOWrapper(raw, encoding="utf-8"), width=200)
    name = os.fsdecode(b"\xb1\xb1.json")
    table = Table(name, title=name, box=None)
    table.add_row(name)
    console.print(name)
    console.print(table)
    assert raw.getvalue().decode("utf-8").count(r"\udcb1\udcb1.json") == 4


def test_control_characters_are_shown():
    stream = io.StringIO()
    console = PlainConsole(file=stream, width=200)
    table = Table("\x1b]0;pwn\x07", box=None)
    console.print("\x1b[31m\x9b")
    console.print(table)
    assert "\x1b" not in stream.getvalue() and "\\u001b[31m\\u009b" in stream.getvalue()
    assert "\\u001b]0;pwn\\u0007" in stream.getvalue()


def test_there_is_no_other_console():
    """But for the one of coloured texts, which gets no strings."""
    root = Path(bert_mrc_theseus.__file__).parent
    found = [
        str(path.relative_to(root))
        for path in sorted(root.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "rich.console"
    ]
    assert found == ["output/marked_text.py", "output/terminal.py"]
