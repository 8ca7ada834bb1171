"""Which language: what the user chose, or what the environment says. Python's own locale is left as it is."""

from collections.abc import Mapping

LANGUAGES = ("en", "zh")
"""The languages; texts in the code are in the first."""

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

_current = LANGUAGES[0]


def language_of(environment: Mapping[str, str]) -> str:
    """The language of an environment: the first variable that says something counts, as POSIX has it."""
    value = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "zh" if value.lower().startswith("zh") else "en"


def use(language: str) -> None:
    """Chooses a language for this process; until then it is English.

    Args:
        language: one of `LANGUAGES`.
    """
    global _current
    _current = language


def current() -> str:
    """The language of this process."""
    return _current
