"""Values of options that typer has no type for."""

from collections.abc import Callable
from typing import TypeVar

from bert_mrc_theseus.errors import UserError

Value = TypeVar("Value")


def comma_list(text: str, kind: Callable[[str], Value], option: str) -> list[Value]:
    """Values separated by commas.

    Args:
        text: what was given.
        kind: makes a value of a part: int, float or str.
        option: for messages.

    Raises:
        UserError: there is none, or a part is not a value.
    """
    try:
        values = [kind(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError:
        values = []
    if not values:
        words = {int: "whole numbers", float: "numbers"}.get(kind, "names")  # type: ignore[call-overload]
        raise UserError(f"{option} takes {words} separated by commas. Received: {text!r}")
    return values
