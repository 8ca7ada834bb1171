"""Options of commands, made from the fields of settings dataclasses, which have the names, defaults, bounds and help."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import Field, fields
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.training.config import (
    Distillation,
    NewPredecessor,
    Replacing,
    TrainingConfig,
    option_of,
)

_PANELS = {
    TrainingConfig: panels.TRAINING,
    NewPredecessor: panels.PREDECESSOR,
    Replacing: panels.REPLACING,
    Distillation: panels.DISTILLATION,
}
_OFFERED = {"queries": complete.styles, "encoder": complete.encoders, "lexicon": complete.lexicons}
"""Completion of fields that take more than the values which they have a list of."""


def takes_settings(
    *settings: type, only: Collection[str] = (), defaults: Mapping[str, str] | None = None
) -> Callable[[Callable], Callable]:
    """Gives a command an option for each field of some dataclasses.

    The command gets those that were given as one argument, `given`: a dict by the fields' names.

    Args:
        settings: dataclasses whose fields were made by `training.config`; of fields of one name the first counts.
        only: names of the fields; by default all.
        defaults: what the help says of a default, where that depends on more than the field.
    """
    items: dict[str, tuple[Field, type]] = {}
    panel_of: dict[str, str] = {}
    for group in settings:
        hints = get_type_hints(group)
        for item in fields(group):
            if not only or item.name in only:
                items.setdefault(item.name, (item, hints[item.name]))
                panel_of.setdefault(item.name, _PANELS[group])
    texts = {name: _shown(item.default) for name, (item, _) in items.items()} | dict(defaults or {})

    def decorate(command: Callable) -> Callable:
        @wraps(command)
        def run(*arguments: Any, **options: Any) -> Any:
            given = {name: value for name in items if (value := options.pop(name)) is not None}
            return command(*arguments, **options, given=given)

        own = [p for p in inspect.signature(command).parameters.values() if p.name != "given"]
        made = [_parameter(item, kind, texts[name], panel_of[name]) for name, (item, kind) in items.items()]
        run.__signature__ = inspect.Signature([*own, *made])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in [*own, *made]}
        return run

    return decorate


def part_of(given: Mapping[str, Any], settings: type) -> dict[str, Any]:
    """Those of some values that a settings dataclass has."""
    names = {item.name for item in fields(settings)}
    return {name: value for name, value in given.items() if name in names}


def refuse_unread_words(given: Mapping[str, Any]) -> None:
    """Raises UsageError for an option that a predecessor without words does not read."""
    for name in ("top_layers", "lexicon"):
        if name in given and not given.get("words", NewPredecessor().words):
            raise UsageError(
                f"{option_names([NewPredecessor])[name]} is not read with --no-words: leave one of the two out"
            )


def option_names(settings: Iterable[type]) -> dict[str, str]:
    """Names of options by their fields' names."""
    return {item.name: option_of(item) for group in settings for item in fields(group)}


def _parameter(item: Field, kind: Any, default: str, panel: str) -> inspect.Parameter:
    limits = {"min": item.metadata["at_least"], "max": item.metadata["at_most"]} if kind is not bool else {}
    name = option_of(item)
    if item.default is True:
        name += f"/--no-{name.removeprefix('--')}"
    offered = _OFFERED.get(item.name) or complete.choices(item.metadata["choices"])
    option = typer.Option(
        name,
        help=item.metadata["help"],
        show_default=default,
        autocompletion=offered,
        rich_help_panel=panel,
        **limits,
    )
    return inspect.Parameter(
        item.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _shown(default: Any) -> Any:
    """What the help says of a default; nothing for flags and where the help text says it."""
    return False if default is None or isinstance(default, bool) else str(default)
