"""The messages of the code: what its errors, and what it says to people, are made of."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ERRORS = {
    "UserError", "UsageError", "DataError", "ModelError", "TrainingError", "TagError", "ServiceError", "_no_longer_finite",
    "Finding",
}  # fmt: skip
"""What is called with a message for people."""

SAID = {"say", "warn", "translated"}
RECORDS = ("text", "tables", "mrc", "readers")
"""Folders whose ValueErrors say what is wrong with a record, and become DataErrors."""


def sources() -> list[Path]:
    """The modules of the package."""
    return sorted([*(ROOT / "bert_mrc_theseus").rglob("*.py"), *(ROOT / "preprocess").rglob("*.py")])


FROM_ELSEWHERE = ("typer", "system", "uvicorn", "composed")
"""Sections of the catalogue with messages of other programs, and with those that the code puts together from parts."""

NOT_TRANSLATED = ("bert_mrc_theseus/client.py",)
"""Where messages are English: the client is no command."""


def messages() -> dict[str, str]:
    """Every message, with `{}` where it is filled, and where it stands."""
    found: dict[str, str] = {}
    for file in sources():
        for call in ast.walk(_tree(file)):
            if isinstance(call, ast.Call):
                place = f"{file.relative_to(ROOT).as_posix()}:{call.lineno}"
                if place.startswith(NOT_TRANSLATED):
                    continue
                for text in _of_call(call, file):
                    found.setdefault(text, place)
    return found


def sections() -> dict[str, dict[str, str]]:
    """The catalogue of messages as its file has it."""
    file = ROOT / "bert_mrc_theseus" / "language" / "zh_messages.json"
    return json.loads(file.read_text(encoding="utf-8"))


def strings() -> set[str]:
    """Every string of the code, also those that stand in one with holes."""
    return {
        node.value
        for file in sources()
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _of_call(call: ast.Call, file: Path) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    of_record = name in ("ValueError", "TypeError") and file.parent.name in RECORDS
    if name not in ERRORS | SAID and not of_record:
        return
    # Behind the problem of a DataError come a file and a line.
    given = [*call.args[:1], *call.args[3:], *(item.value for item in call.keywords if item.arg == "hint")]
    if name == "Finding":
        given = call.args[1:2]
    for argument in given:
        yield from filter(_is_message, [template(argument)])
        # Parts that are there or not.
        for node in ast.walk(argument):
            if isinstance(node, ast.IfExp):
                yield from (
                    text for text in map(template, (node.body, node.orelse)) if _is_message(text) and " " in text
                )


def template(node: ast.AST) -> str:
    """An expression as text, with `{}` for what is not written in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left) + template(node.right)
    return "{}"


def _is_message(text: str) -> bool:
    """Whether there are words in it, and not only names and marks between holes."""
    return re.search("[A-Za-z]{2}", text.replace("{}", "")) is not None and text != "{} {} of {}"
