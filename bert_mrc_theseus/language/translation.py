"""An English text in the language that was chosen: looked up when it is shown, whoever made it and wherever."""

import re

from bert_mrc_theseus.language.catalogue import Template, catalogue
from bert_mrc_theseus.language.choice import current

_ENOUGH = 12
_ENOUGH_OF_AN_ERROR = 6
"""Letters of a message that is recognised inside another one: a path, or a name, should not look like one."""


def translated(text: str) -> str:
    """A message in the language of this process; in English where the catalogue lacks it.

    Args:
        text: a whole message, filled: what it was filled with (names, numbers) stays as it is, unless it is a message itself.
    """
    return text if current() == "en" else _message(text) or text


def translated_help(text: str) -> str:
    """A text of `--help` in the language of this process.

    Args:
        text: as it stands in the code, its lines joined.
    """
    return text if current() == "en" else _known(text, 0, "help") or text


def _message(text: str, least: int = 0) -> str | None:
    """A message in Chinese; None if neither it nor a part of it is known.

    Args:
        text: the message.
        least: letters that it must have, if it has holes.
    """
    # An error is PLACE: PROBLEM (HINT).
    for bracket in re.finditer(r" \(", text) if text.endswith(")") else ():
        hint = _known(text[bracket.end() : -1], least)
        if hint is not None:
            problem = text[: bracket.start()]
            return f"{_message(problem, least) or problem}（{hint}）"
    found = _known(text, least)
    if found is not None:
        return found
    for place in re.finditer(": ", text):
        found = _known(text[place.end() :], least)
        if found is not None:
            return text[: place.end()] + found
    return None


def _known(text: str, least: int, name: str = "messages") -> str | None:
    messages = catalogue(name)
    if text in messages.whole:
        return messages.whole[text]
    for template in messages.templates:
        if template.longest in text and (template.letters >= least or not text[:1].isalnum()):
            match = template.pattern.fullmatch(text)
            if match:
                return template.chinese.format(*_filling(template, match.groups()))
    return None


def _filling(template: Template, parts: tuple[str, ...]) -> list[str]:
    """What a message was filled with; in Chinese where that is a message: an error, or a part that is there or not."""
    least = [_ENOUGH] * len(parts)
    if template.english.endswith(": {}"):
        least[-1] = _ENOUGH_OF_AN_ERROR
    # One word is a name, even one that is a message elsewhere, and so is what stands in quotes.
    return [
        _message(part, enough) or part if " " in part and part[0] not in "'\"" else part
        for part, enough in zip(parts, least, strict=True)
    ]
