"""README.md and README.zh-CN.md: they begin with what their first command prints, and say the same."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")}

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def test_the_first_lines_are_the_output_of_the_first_command(command):
    status, out, _ = command("predict", ROOT / "data/sample/sentences.txt", "--format", "text")
    assert status == 0
    for text in READMES.values():
        shown, commands, *_ = _FENCED.findall(text)
        assert shown == f"```\n{out}```"
        assert 'make predict TEXT=data/sample/sentences.txt PREDICT="--format text"' in commands


def test_both_have_the_same_parts_and_figures():
    def parts(text: str) -> list[str]:
        return [line.split(" ")[0] for line in _FENCED.sub("", text).splitlines() if line.startswith("#")]

    def figures(text: str) -> list[list[str]]:
        rows = [line for line in _FENCED.sub("", text).splitlines() if line.startswith("|")]
        return [re.findall(r"\d\.\d+|\d+", row.split("|", 2)[2]) for row in rows]

    english, chinese = READMES.values()
    assert parts(english) == parts(chinese)
    # The Chinese one leaves the tables of folders and ideas to the English one.
    tables = figures(english.partition("\n## Development\n")[0])
    assert tables and tables == figures(chinese)
