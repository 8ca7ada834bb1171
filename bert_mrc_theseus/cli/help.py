"""What `--help` says: texts in the language that was chosen, without markup, and examples behind them."""

import inspect
from typing import Any

from typer.core import TyperCommand, TyperGroup

from bert_mrc_theseus.language.translation import translated_help
from bert_mrc_theseus.output.terminal import PlainConsole


def translate_help(command: Any) -> None:
    """Puts the texts of a command, of its options and of its own commands into the language of this process."""
    command.help = _in_language(command.help)
    command.rich_help_panel = _in_language(command.rich_help_panel)
    for parameter in command.params:
        parameter.help = _in_language(parameter.help)
        parameter.rich_help_panel = _in_language(parameter.rich_help_panel)
        if isinstance(parameter.show_default, str):
            parameter.show_default = translated_help(parameter.show_default)


def example_lines(command_path: str) -> str:
    """The examples of a command, as lines of a shell; nothing for a group of commands.

    Args:
        command_path: what is written to call it, behind the program's name.
    """
    from bert_mrc_theseus.cli.examples import EXAMPLES

    return "\n".join(f"# {translated_help(what)}\n{line}" for what, line in EXAMPLES.get(command_path, ()))


class _Helpful:
    """A command that shows its help in the language of this process, as plain text."""

    _shown: bool = False

    def format_help(self: Any, ctx: Any, formatter: Any) -> None:
        from bert_mrc_theseus.cli.help_layout import prepare_typer

        prepare_typer()
        _prepare(self)
        for name in self.list_commands(ctx) if isinstance(self, TyperGroup) else ():
            _prepare(self.get_command(ctx, name))
        super().format_help(ctx, formatter)  # type: ignore[misc]
        examples = example_lines(" ".join(_names(ctx)))
        if examples:
            # As it is: a line that is broken could not be copied.
            indented = "\n".join(f"   {line}" for line in examples.splitlines())
            PlainConsole(soft_wrap=True).print(f" {translated_help('Examples')}\n{indented}")

    def get_usage(self: Any, ctx: Any) -> str:
        return super().get_usage(ctx).replace("Usage:", translated_help("Usage:"), 1)  # type: ignore[misc]

    def get_help_option(self: Any, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = translated_help(option.help)
        return option


class HelpfulCommand(_Helpful, TyperCommand):
    """A command, see `_Helpful`."""


class HelpfulGroup(_Helpful, TyperGroup):
    """A group of commands, see `_Helpful`."""


def _prepare(command: Any) -> None:
    """Makes a command's texts ready for a terminal, once: Typer would take square brackets for markup."""
    from rich.markup import escape

    if command._shown:
        return
    command._shown = True
    translate_help(command)
    for item in (command, *command.params):
        item.help = item.help and escape(item.help)


def _names(ctx: Any) -> list[str]:
    """What is written to call the command of a context, behind the program's name."""
    return [] if ctx.parent is None else [*_names(ctx.parent), ctx.info_name]


def _in_language(text: str | None) -> str | None:
    """A text, its paragraphs looked up one by one, each as one line."""
    if not text:
        return text
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(translated_help(" ".join(paragraph.split())) for paragraph in paragraphs)
