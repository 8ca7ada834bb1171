"""Where a result comes from: the command, the versions of what it depends on, and the JSON file that keeps them."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import printable
from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.sha256 import sha256_of

DISTRIBUTION = "bert-mrc-theseus"


def command_line() -> str:
    """The command that is running, without the path of the program; `python -m bert_mrc_theseus` is the same command."""
    program = Path(sys.argv[0])
    name = DISTRIBUTION if program.parts[-2:] == ("bert_mrc_theseus", "__main__.py") else program.name
    return " ".join([name, *sys.argv[1:]])


def package_version() -> str:
    """This package's version, from the metadata of its installation: the package's face need not be imported for it."""
    return version(DISTRIBUTION)


def library_versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of libraries by their names on PyPI; those that are not installed are left out."""
    installed = {}
    for name in names:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed


def versions() -> dict[str, str]:
    """Versions of what results depend on, of Keras' backend too; libraries that are not installed are left out."""
    backend = ("jax", "jaxlib") if os.environ.get("KERAS_BACKEND") == "jax" else ("tensorflow",)
    return {
        DISTRIBUTION: package_version(),
        "python": platform.python_version(),
        **library_versions(("keras", *backend, "numpy")),
    }


def checksums(path: Path) -> dict[str, str]:
    """SHA-256 of a file, or of all files in a folder, by their names there."""
    if not path.is_dir():
        return {path.name: sha256_of(path)}
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): sha256_of(file) for file in files}


def write_json(path: str | Path, value: Mapping[str, Any]) -> None:
    """Writes a record as indented JSON in one atomic step."""
    with atomic_write(path) as stream:
        # A file's name need not be UTF-8: its bytes are escaped, as JSON has it.
        stream.write(printable(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")
