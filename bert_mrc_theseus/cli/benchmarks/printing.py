"""What benchmarks print."""

from pathlib import Path
from typing import Any

from rich.table import Table

from bert_mrc_theseus.output.terminal import PlainConsole


def wide_console() -> PlainConsole:
    """Tables of a benchmark need room, also where standard output is a file."""
    console = PlainConsole()
    return console if console.width >= 120 else PlainConsole(width=120)


def show(report: dict[str, Any], out: Path | None) -> None:
    """Prints rows as they are, and writes the report."""
    from bert_mrc_theseus.provenance import command_line, write_json

    console = wide_console()
    table = Table(*report["rows"][0])
    for row in report["rows"]:
        table.add_row(*map(str, row.values()))
    console.print(table)
    if out is not None:
        write_json(out, {**report, "command": command_line()})
