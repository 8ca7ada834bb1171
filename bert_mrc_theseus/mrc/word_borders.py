"""Where jieba begins a word: for windows that must be cut inside a clause."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

WordBorders = Callable[[str], list[int]]
"""Gives the offsets of word starts in a text."""


@cache
def own_jieba() -> Any:
    """A jieba tokenizer of our own: a user's jieba settings do not change results. Loaded when first needed."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    return jieba.Tokenizer()


def jieba_borders(text: str) -> list[int]:
    """Offsets at which jieba starts a word."""
    return [start for _, start, _ in own_jieba().tokenize(text)]
