"""The house: which folders there are, who may import whom, what the wheel carries, and what tests share.

Imports inside functions count. `preprocess` and `data` lie at the top of the repository and are packaged as
`bert_mrc_theseus.preprocess` and `bert_mrc_theseus.data`.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "bert_mrc_theseus"
LIBRARY = ROOT / PACKAGE
TOP_LEVEL = {"preprocess": ROOT / "preprocess", "data": ROOT / "data"}


def sources() -> Iterator[tuple[str, Path]]:
    """(module path below the package such as "text/documents", file) of all modules."""
    for folder, prefix in ((LIBRARY, ""), *((path, f"{name}/") for name, path in TOP_LEVEL.items())):
        for file in sorted(folder.rglob("*.py")):
            yield prefix + file.relative_to(folder).with_suffix("").as_posix(), file


def imports(file: Path, module: str, package: str = PACKAGE) -> Iterator[tuple[str, int]]:
    """(absolute dotted name, line) of everything that a file imports, anywhere in it."""
    parts = (package, *module.split("/")[:-1])
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [base])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def test_the_library_does_not_import_preprocess():
    wrong = [
        f"{file.relative_to(ROOT)}:{line}"
        for module, file in sources()
        if not module.startswith(("preprocess/", "data/", "cli/"))
        for name, line in imports(file, module)
        if name.startswith(f"{PACKAGE}.preprocess") or name.split(".")[0] == "preprocess"
    ]
    assert wrong == []


def test_the_wheel_has_every_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {".".join((PACKAGE, *Path(module).parts[:-1])) for module, _ in sources() if module.endswith("__init__")}
    assert set(settings["packages"]) == folders


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_no_package_has_a_common_name_at_the_top(name):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert name not in settings["packages"]
    assert settings["package-dir"][f"{PACKAGE}.{name}"] == name


def test_tests_share_helpers_not_test_files():
    tests = ROOT / "tests"
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sorted(tests.rglob("*.py"))
        for name, line in imports(file, file.relative_to(tests).with_suffix("").as_posix(), "tests")
        if name.startswith("tests.") and any(part.startswith(("test_", "conftest")) for part in name.split(".")[1:])
    ]
    assert wrong == []
