"""How `--help` looks: Typer's own words in the language that was chosen, and lines that fit Chinese."""

from typing import Any

from rich.columns import Columns
from rich.text import Text
from typer import rich_utils

from bert_mrc_theseus.cli.line_breaks import WrappedText
from bert_mrc_theseus.language.translation import translated_help

WORDS = {
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "DEFAULT_STRING": "[default: {}]",
    "ENVVAR_STRING": "[env var: {}]",
    "REQUIRED_LONG_STRING": "[required]",
}
"""Typer's words, by its names for them in `rich_utils`."""


def prepare_typer() -> None:
    """Tells Typer's module for help how this program's looks."""
    for name, english in WORDS.items():
        setattr(rich_utils, name, translated_help(english))
    rich_utils.highlighter = _Highlighter()
    rich_utils.Columns = _Columns  # type: ignore[assignment,misc]


class _Highlighter(rich_utils.OptionHighlighter):
    """What texts go through."""

    def __call__(self, text: Any) -> Text:
        return WrappedText.of(super().__call__(text))


class _Columns(Columns):
    """The text of an option, its default, and whether it is required."""

    def __init__(self, renderables: Any, **options: Any):
        super().__init__((WrappedText.of(item) for item in renderables), **options)
