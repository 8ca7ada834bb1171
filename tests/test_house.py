"""The house: which folders there are, who may import whom, what the wheel carries, and what tests share.

Imports inside functions count. `preprocess` and `data` lie at the top of the repository and are packaged as
`bert_mrc_theseus.preprocess` and `bert_mrc_theseus.data`.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "bert_mrc_theseus"
LIBRARY = ROOT / PACKAGE
TOP_LEVEL = {"preprocess": ROOT / "preprocess", "data": ROOT / "data"}

FLOORS = (
    ("errors",),
    ("files",),
    ("provenance", "outputs", "package_data"),
    *((folder,) for folder in (
        "drawing", "text", "tables", "output", "mrc", "decoding", "model_files", "model", "engines", "prediction",
        "evaluation", "training", "onnx_export", "comparison", "integrations", "service",
    )),
    ("client",),
    ("bench",),
    ("preprocess",),
    ("cli",),
    ("__init__", "__main__"),
)  # fmt: skip
"""From the ground up: a module imports from its own folder and from lower floors. A floor is a folder, or single modules."""

HEAVY = {"keras", "tensorflow"}
HEAVY_FROM = "model"
"""The lowest folder that imports Keras or TensorFlow."""

HEAVY_EXCEPTIONS = {
    "model_files/tensorflow1": "TensorFlow's own reader of its checkpoints; imported when one is read or written"
}


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


def reached_from(start: str) -> set[str]:
    """All modules that a module imports, and that these import."""
    found = {module.removesuffix("/__init__"): file for module, file in sources()}
    seen: set[str] = set()
    left = [start]
    while left:
        module = left.pop()
        if module in found and module not in seen:
            seen.add(module)
            for name, _ in imports(found[module], module):
                parts = name.split(".")
                if parts[0] == PACKAGE:
                    left += ["/".join(parts[1:end]) for end in range(2, len(parts) + 1)]
    return seen


def floor_of(name: str) -> int | None:
    """Number of the floor on which a module or folder lies; None: it is not part of the project."""
    return next((number for number, floor in enumerate(FLOORS) if name in floor), None)


def room_of(imported: str) -> str:
    """Folder or root module that an absolute import names: "bert_mrc_theseus.text.tags" -> "text"; the face: "__init__"."""
    parts = imported.split(".")[1:]
    return parts[0] if parts and floor_of(parts[0]) is not None else "__init__"


def test_every_folder_has_a_floor():
    rooms = {module.split("/")[0] for module, _ in sources()} - {"data"}
    assert rooms == {room for floor in FLOORS for room in floor}


def test_imports_go_down_only():
    wrong = []
    for module, file in sources():
        room = module.split("/")[0]
        for name, line in imports(file, module):
            if name.split(".")[0] != PACKAGE or name.startswith(f"{PACKAGE}.data"):
                continue
            target = room_of(name)
            # Floors of single modules: those may import each other, without circles (test below).
            below, here = floor_of(target), floor_of(room)
            if target != room and (
                below is None or here is None or below > here or (below == here and len(FLOORS[here]) == 1)
            ):
                wrong.append(f"{file.relative_to(ROOT)}:{line} {room} -> {target}")
    assert wrong == []


def test_modules_import_each_other_in_no_circle():
    found = {module.removesuffix("/__init__"): file for module, file in sources()}
    arrows = {
        module: {
            target
            for name, _ in imports(file, module)
            for target in ("/".join(name.split(".")[1:]), "/".join(name.split(".")[1:-1]))
            if name.startswith(f"{PACKAGE}.") and target in found and target != module
        }
        for module, file in found.items()
    }
    # Modules that import nothing that is left are taken away, until those of circles alone are left.
    while free := [module for module, targets in arrows.items() if not targets & arrows.keys()]:
        for module in free:
            del arrows[module]
    assert arrows == {}


def test_keras_and_tensorflow_begin_with_the_model():
    lowest = floor_of(HEAVY_FROM)
    wrong = [
        f"{file.relative_to(ROOT)}:{line}"
        for module, file in sources()
        if (floor_of(module.split("/")[0]) or 0) < lowest or module.startswith("preprocess/")
        if module not in HEAVY_EXCEPTIONS
        for name, line in imports(file, module)
        if name.split(".")[0] in HEAVY
    ]
    assert wrong == []


def test_onnx_runtime_is_imported_in_one_place():
    """It must be told not to send anything before it is imported."""
    wrong = [
        f"{file.relative_to(ROOT)}:{line}"
        for module, file in sources()
        if module != "engines/onnx_runtime"
        for name, line in imports(file, module)
        if name.split(".")[0] == "onnxruntime"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "folder", [file.parent for module, file in sources() if module.count("/") and module.endswith("__init__")]
)
def test_a_folders_init_is_its_map(folder):
    """A docstring that names every module; beside it at most lazy exports."""
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    words = set(re.findall(r"\w+", ast.get_docstring(tree) or ""))
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} <= words


def test_the_library_does_not_import_preprocess():
    wrong = [
        f"{file.relative_to(ROOT)}:{line}"
        for module, file in sources()
        if not module.startswith(("preprocess/", "data/", "cli/"))
        for name, line in imports(file, module)
        if name.startswith(f"{PACKAGE}.preprocess") or name.split(".")[0] == "preprocess"
    ]
    assert wrong == []


def test_what_is_installed_without_extras_is_what_prediction_imports():
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^\w-]", line)[0].replace("-", "_") for line in dependencies}
    # One has another name on PyPI.
    names = {{"pyahocorasick": "ahocorasick"}.get(name, name) for name in names}
    files = {module.removesuffix("/__init__"): file for module, file in sources()}
    imported = {
        name.split(".")[0]
        for module in reached_from("cli/app") | reached_from("cli/predict")
        for name, _ in imports(files[module], module)
    }
    assert names - imported == set()


def test_the_wheel_has_every_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {".".join((PACKAGE, *Path(module).parts[:-1])) for module, _ in sources() if module.endswith("__init__")}
    # Folders of data alone are packages to the build, and hold no modules.
    assert set(settings["packages"]) - set(settings["package-data"]) == folders - set(settings["package-data"])
    assert set(settings["package-data"]) <= set(settings["packages"])


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
