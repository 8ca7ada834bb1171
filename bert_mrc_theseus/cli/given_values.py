"""What no option and no argument can mean, refused for all commands at once, before a command begins."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bert_mrc_theseus.cli.help import HelpfulCommand
from bert_mrc_theseus.errors import UsageError, printable

LARGEST = 2**63 - 1
"""Of whole numbers: what NumPy and files can count."""


class CheckedCommand(HelpfulCommand):
    """A command that refuses options which are given twice, and numbers which are none or beyond all bounds.

    Raises:
        UsageError: when it is called with such.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        rest = super().parse_args(ctx, args)
        values = ctx.params
        for option, times in Counter(item for item in order if item.param_type_name == "option").items():
            if times > 1 and not option.multiple and not getattr(option, "is_flag", False):
                raise UsageError(f"{option.opts[0]} is given {times} times: which one counts?")
        for parameter in self.params:
            _check_number(parameter.opts[0], values.get(parameter.name))
        return rest


def refuse_empty(arguments: Iterable[str]) -> None:
    """Refuses an empty argument, as an unset variable of a script leaves it: as a path it would be the current folder.

    Raises:
        UsageError: there is one.
    """
    before = ""
    for argument in arguments:
        if not argument or (argument.startswith("--") and argument.endswith("=")):
            name = argument[:-1] or before
            raise UsageError(f"an empty value{f' behind {printable(name)}' if name else ''}: give one, or leave it out")
        before = argument


def usage_message(error: Any) -> str:
    """What Typer says of a wrong command line, in one line, and where help is."""
    context = error.ctx
    message = error.format_message().strip().removesuffix(".")
    return message if context is None else f"{message} (see {context.command_path} --help)"


def _check_number(name: str, value: Any) -> None:
    for number in value if isinstance(value, Sequence) and not isinstance(value, str) else [value]:
        if isinstance(number, float) and math.isnan(number):
            raise UsageError(f"{name} is a number. Received: {number}")
        if isinstance(number, int) and abs(number) > LARGEST:
            raise UsageError(f"{name} is a number of at most 19 digits")
