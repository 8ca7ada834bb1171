"""Command lines with one wrong value each, made from what the commands say of their options; and a process that runs them all.

    python -m tests.helpers.command_lines FOLDER

runs them in a folder made by `make_folder`, and prints an `Outcome` a line as JSON.
"""

import inspect
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from typer.models import OptionInfo, ParameterInfo

from bert_mrc_theseus.cli import app as cli
from bert_mrc_theseus.package_data import bundled_model
from tests.helpers.documents import QUERIES, toy_documents

MODEL = str(bundled_model())
BASES: dict[str, dict[str, Any]] = {
    "preprocess": {"train": "data/train.jsonl", "format_name": "jsonl", "out": "new"},
    "augment": {"data": "data", "out": "augmented"},
    "generate": {"out": "generated", "sentences": "20"},
    "train": {"data": "data", "run": "run", "all_stages": True, "encoder": "empty"},
    "evaluate": {"model": MODEL, "data": "data"},
    "compare": {"data": "data", "out": "compared", "encoder": "empty"},
    "predict": {"inputs": ["text.txt"]},
    "predict-ray": {"input_path": "data", "out": "found"},
    "serve": {"models": [MODEL]},
    "average": {"models": [MODEL, MODEL], "out": "averaged"},
    "prune": {"model": MODEL, "data": "data", "out": "pruned", "heads": "1"},
    "export": {"model": MODEL, "data": "data", "out": "exported"},
    "report": {"models": ["empty"], "data": "data", "out": "page.html"},
    "queries check": {"file": "data/queries.toml"},
    "bench predict": {"models": [MODEL], "data": "data/test.jsonl"},
    "bench peers": {"models": [MODEL], "data": "data/test.jsonl"},
    "bench train": {"model": MODEL, "data": "data/train.jsonl"},
    "bench cold-start": {"model": MODEL},
    "bench scaling": {"data": "data/test.jsonl"},
    "bench processes": {"data": ["data/test.jsonl"]},
    "bench service": {"data": "data/test.jsonl"},
    "bench shared": {"model": MODEL, "data": "data/test.jsonl"},
}
"""A command line of each command that is right, by its parameters."""

FREE_TEXT = {"text_field", "id_field", "token", "out"}
"""Parameters whose value may be any text: names of fields, a password, and what `predict` writes to."""

RIGHT = {("seeds", "0")}
"""Odd values that are right."""

READ = {"inputs", "input_path", "train", "dev", "test"}
"""Parameters that name what is read, though the command itself looks whether it is there."""

NOT_UTF8 = "\udcff\udcfe"
LONG = "x" * 300
BAD_NUMBERS = ("nan", "x", "", "0x10", "1e4x")
ODD_NUMBERS = ("-1", "0", "-0.5", "inf", "-inf", "1e308", str(2**40))
ODD_WORDS = (NOT_UTF8, LONG, "[/x]", "a,a", ",", "../x", "-", " ", "🌊", "a\nb", "x=y=z", "#")


@dataclass(frozen=True)
class Case:
    """A command line.

    Attributes:
        arguments: behind the program's name.
        wrong: the exit status must be 2; "refused": 1 or 2; False: it may also be what such a command comes to; None: it must
            not be 2.
    """

    arguments: list[str]
    wrong: bool | str | None


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        case: the command line.
        status: exit status; "begun": it was accepted, and something costly was to be loaded or run.
        out, err: standard output and error.
    """

    case: Case
    status: int | str
    out: str
    err: str


class Begun(BaseException):
    """Something costly would be loaded or run now."""


def make_folder(folder: Path) -> None:
    """Writes what the command lines name."""
    from bert_mrc_theseus.text.interchange import write_documents

    (folder / "text.txt").write_text("程晓光从广州飞往大连。\n", encoding="utf-8")
    (folder / "empty").mkdir()
    (folder / "closed").mkdir(mode=0)
    (folder / "closed.txt").touch(mode=0)
    (folder / "full").mkdir()
    (folder / "full" / "own.txt").write_text("mine", encoding="utf-8")
    for seed, split in enumerate(("train", "dev", "test")):
        write_documents(folder / "data" / f"{split}.jsonl", toy_documents(6, seed))
    (folder / "data" / "queries.toml").write_text(QUERIES, encoding="utf-8")


def functions() -> dict[str, Any]:
    """Every command's function, by what is written to call it."""
    found = {}
    for name in cli.COMMANDS:
        own = name.replace("-", "_")
        module = import_module(f"bert_mrc_theseus.cli.{own}")
        if hasattr(module, "app"):
            for item in module.app.registered_commands:
                found[f"{name} {item.name or item.callback.__name__.replace('_', '-')}"] = item.callback
        else:
            found[name] = getattr(module, own)
    return found


def parameters(function: Any) -> dict[str, tuple[type, ParameterInfo]]:
    """Kind of value and description of each parameter."""
    hints = get_type_hints(function, include_extras=True)
    found = {}
    for name in inspect.signature(function).parameters:
        if get_origin(hints[name]) is None:
            continue  # The context.
        kind, info = get_args(hints[name])[:2]
        if get_origin(kind) in (Union, UnionType):
            kind = next(part for part in get_args(kind) if part is not type(None))
        found[name] = (get_args(kind)[0] if get_origin(kind) is list else kind, info)
    return found


def cases() -> Iterator[Case]:
    """Each command with each of its parameters wrong in every way, and the other ones right."""
    for command, function in functions().items():
        known, base = parameters(function), BASES[command]
        yield Case(_arguments(command, known, base), wrong=None)
        yield Case([*_arguments(command, known, base), "--no-such-option"], True)
        yield Case([*_arguments(command, known, base), *["more"] * 3], "inputs" not in base and "models" not in base)
        for name, (kind, info) in known.items():
            if kind is bool:
                continue
            for value, wrong in _values(name, kind, info):
                yield Case(_arguments(command, known, {**base, name: value}), wrong)
            if isinstance(info, OptionInfo):
                option = _option(name, info)
                once = _arguments(command, known, {key: value for key, value in base.items() if key != name})
                value = base.get(name, {Path: "text.txt", str: "x"}.get(kind, "1"))
                yield Case([*once, option, value, option, value], True)


def _arguments(command: str, known: dict[str, tuple[type, ParameterInfo]], values: dict[str, Any]) -> list[str]:
    options, positional = [], []
    for name, (_, info) in known.items():
        if name not in values:
            continue
        value = values[name]
        if not isinstance(info, OptionInfo):
            positional += value if isinstance(value, list) else [value]
        elif value is True:
            options.append(_option(name, info))
        else:
            # With an equals sign, since a value may begin with a minus.
            options += [f"{_option(name, info)}={value}"]
    return [*command.split(), *options, "--", *positional] if positional else [*command.split(), *options]


def _option(name: str, info: OptionInfo) -> str:
    # Inside of `Annotated` Typer takes the first name for a default.
    names = [text for text in (info.default, *(info.param_decls or ())) if isinstance(text, str)]
    return next((text for text in names if text.startswith("--")), f"--{name.replace('_', '-')}")


def _values(name: str, kind: type, info: ParameterInfo) -> Iterator[tuple[str, bool | str]]:
    if kind in (int, float):
        yield from ((value, True) for value in BAD_NUMBERS)
        yield from ((value, kind is int) for value in ("1" * 30, "-" + "1" * 30))
        yield from ((value, False) for value in ODD_NUMBERS)
    elif info.exists or name in READ:
        yield from ((value, True) for value in ("absent", "absent/parent/x", "text.txt/x", LONG, NOT_UTF8, ""))
        if info.exists and not os.access("closed", os.R_OK):  # Root may read everything.
            yield ("closed.txt" if info.file_okay else "closed"), True
        if not info.file_okay:
            yield "text.txt", True
        if not info.dir_okay:
            yield "empty", True
    elif kind is Path:
        yield from ((value, True) for value in ("text.txt/x", LONG, ""))
        if not os.access("closed", os.W_OK):
            yield "closed/new", True
        yield from (
            (value, False) for value in ("empty", "full", "text.txt", "made/parent/x", f"made{NOT_UTF8}", "/dev/full")
        )
    else:
        yield "", True
        yield from (
            (value, "refused" if name not in FREE_TEXT and (name, value) not in RIGHT else False)
            for value in (*ODD_WORDS, *BAD_NUMBERS[:2], *ODD_NUMBERS[:2])
        )


class _Refuse:
    """Lets nothing costly be imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in ("tensorflow", "keras", "torch", "onnxruntime", "ray"):
            raise Begun(name)


def _refuse(*arguments: Any, **options: Any) -> None:
    raise Begun("a process")


def run(case: Case) -> Outcome:
    """Runs a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["bert-mrc-theseus", *case.arguments]
    status: int | str = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        except Begun:
            status = "begun"
        except BaseException as error:
            status = f"{type(error).__name__}: {error}"
    return Outcome(case, status, out.getvalue(), err.getvalue())


def main() -> None:
    """See above."""
    os.chdir(sys.argv[1])
    sys.meta_path.insert(0, _Refuse())  # type: ignore[arg-type]
    subprocess.Popen = _refuse  # type: ignore[assignment,misc]
    BaseProcess.start = _refuse  # type: ignore[method-assign]
    stdout = sys.stdout
    for case in cases():
        print(json.dumps(asdict(run(case))), file=stdout, flush=True)


if __name__ == "__main__":
    main()
