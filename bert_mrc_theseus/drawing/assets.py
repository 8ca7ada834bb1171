"""The style and the script of marked text, to be put into a page: it needs no other file then."""

from functools import cache
from importlib import resources


@cache
def style() -> str:
    """CSS of what `marking` draws. All of its classes are below `bmt`, or begin with it."""
    return _read("marked.css")


@cache
def script() -> str:
    """JavaScript that counts and filters entities by type, and switches the page's language."""
    return _read("marked.js")


def _read(name: str) -> str:
    return (resources.files("bert_mrc_theseus.drawing") / "web" / name).read_text(encoding="utf-8")
