"""What lies on the disk for a program: its own files, and the libraries that it needs."""

import re
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

MB = 1e6


def files_size(paths: Iterable[Path]) -> float:
    """MB of files and of what folders hold; compiled Python files do not count."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    return sum(file.stat().st_size for file in files if file.is_file() and "__pycache__" not in file.parts) / MB


def libraries_size(names: Iterable[str]) -> float:
    """MB of installed distributions and of all that they need; those that are not installed count nothing.

    Args:
        names: of distributions on PyPI.
    """
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            try:
                found[name] = distribution(name)
            except PackageNotFoundError:
                continue
            waiting += requirements(name)
    return sum(files_size(Path(str(file.locate())) for file in package.files or ()) for package in found.values())


def requirements(name: str) -> list[str]:
    """Names of the distributions that an installed one needs, those of its extras left out."""
    wanted = [text for text in distribution(name).requires or () if "extra ==" not in text.partition(";")[2]]
    return [match[0] for text in wanted if (match := re.match(r"[\w.-]+", text))]
