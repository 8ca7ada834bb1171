"""An English text in the language that was chosen: looked up when it is shown, whoever made it and wherever."""

import re

from bert_mrc_theseus.language.catalogue import catalogue
from bert_mrc_theseus.language.choice import current

_WITH_HINT = re.compile(r"(.*) \((.*)\)", re.DOTALL)


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
    return text if current() == "en" else _known(text, "help") or text


def _message(text: str) -> str | None:
    """A message in Chinese; None if neither it nor a part of it is known."""
    found = _known(text)
    if found is not None:
        return found
    # An error is PLACE: PROBLEM (HINT).
    parts = _WITH_HINT.fullmatch(text)
    if parts is not None:
        problem, hint = _message(parts[1]), _message(parts[2])
        if problem or hint:
            return f"{problem or parts[1]}（{hint or parts[2]}）"
    for place in re.finditer(": ", text):
        problem = _known(text[place.end() :])
        if problem is not None:
            return f"{text[: place.end()]}{problem}"
    return None


def _known(text: str, name: str = "messages") -> str | None:
    messages = catalogue(name)
    if text in messages.whole:
        return messages.whole[text]
    for template in messages.templates:
        if template.longest in text and (match := template.pattern.fullmatch(text)):
            # A hole of one word is a name, even one that is a message elsewhere.
            filled = [_message(part) or part if " " in part else part for part in match.groups()]
            return template.chinese.format(*filled)
    return None
