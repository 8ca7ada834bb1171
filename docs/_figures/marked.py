"""The parts of a page that are filled: `<!-- figures: NAME -->` ... `<!-- /figures -->` around a table, and
`<!-- figure: NAME -->0.912<!-- / -->` in a sentence."""

import re
from collections.abc import Iterator
from pathlib import Path

from docs._figures.catalogue import TABLES, single_figures

ROOT = Path(__file__).parents[2]

_TABLE = re.compile(r"^<!-- figures: (\S+) -->\n(.*?)^<!-- /figures -->$", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"<!-- figure: (\S+) -->(.*?)<!-- / -->")
_BEGIN = re.compile(r"<!-- figures?: ")


class UnknownName(ValueError):
    """A page has a marked part that nothing fills."""


def pages() -> list[Path]:
    """The pages whose figures are filled."""
    found = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("README*.md")]
    return sorted(page for page in found if "<!-- figure" in page.read_text(encoding="utf-8"))


def language_of(page: Path) -> str:
    """`zh` or `en`, as the page's name says."""
    return "zh" if page.stem.endswith((".zh", ".zh-CN")) else "en"


def filled(text: str, language: str, where: str) -> str:
    """A page with its figures as they are in docs/results.

    Args:
        text: of the page.
        language: of the page.
        where: its name, for messages.

    Raises:
        UnknownName: a name is unknown, or a part has no end.
    """
    single = single_figures()
    ends = 0

    def table(match: re.Match[str]) -> str:
        nonlocal ends
        ends += 1
        if match[1] not in TABLES or _BEGIN.search(match[2]):
            raise UnknownName(_message(text, match.start(), where, f"no table is called {match[1]}, or it has no end"))
        lines = "\n".join(TABLES[match[1]]().lines(language))
        return f"<!-- figures: {match[1]} -->\n\n{lines}\n\n<!-- /figures -->"

    def figure(match: re.Match[str]) -> str:
        nonlocal ends
        ends += 1
        if match[1] not in single:
            raise UnknownName(_message(text, match.start(), where, f"no figure is called {match[1]}"))
        return f"<!-- figure: {match[1]} -->{single[match[1]]}<!-- / -->"

    result = _FIGURE.sub(figure, _TABLE.sub(table, text))
    if ends != len(_BEGIN.findall(text)):
        raise UnknownName(f"{where}: {len(_BEGIN.findall(text))} marked parts, of which {ends} have an end")
    return result


def differences(text: str, language: str, where: str) -> Iterator[str]:
    """What of a page is not as docs/results has it: a line each, with the page's line and the table's name."""
    right = filled(text, language, where)
    if right == text:
        return
    for pattern in (_TABLE, _FIGURE):
        for old, new in zip(pattern.finditer(text), pattern.finditer(right), strict=True):
            if old[0] != new[0]:
                yield from _lines(text, old, new, where)


def _lines(text: str, old: re.Match[str], new: re.Match[str], where: str) -> Iterator[str]:
    """The lines in which a part differs; of a table with more or fewer lines: that it does."""
    before, after = old[0].split("\n"), new[0].split("\n")
    if len(before) != len(after):
        yield _message(text, old.start(), where, f"{old[1]} has {len(before)} lines, by docs/results {len(after)}")
        return
    first = text.count("\n", 0, old.start()) + 1
    for number, (line, right) in enumerate(zip(before, after, strict=True)):
        if line != right:
            yield f"{where}:{first + number}: {old[1]}: {line!r} should be {right!r}"


def _message(text: str, place: int, where: str, what: str) -> str:
    line = text.count("\n", 0, place) + 1
    return f"{where}:{line}: {what}"
