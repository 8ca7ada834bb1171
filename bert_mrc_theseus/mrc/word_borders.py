"""Where jieba begins a word: for windows that must be cut inside a clause."""

import logging
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from bert_mrc_theseus.package_data import private_cache_folder

WordBorders = Callable[[str], list[int]]
"""Gives the offsets of word starts in a text."""


@cache
def own_jieba() -> Any:
    """A jieba tokenizer of our own: a user's jieba settings do not change results. Loaded when first needed."""
    return new_jieba()


def new_jieba() -> Any:
    """A jieba tokenizer as it comes, which its owner may teach words.

    What jieba makes of its dictionary is kept in the user's cache folder, and not where others could put something else; if it
    cannot be, it is made again each time.
    """
    import jieba

    tokenizer = jieba.Tokenizer()
    # The empty device takes no files.
    tokenizer.tmp_dir = str(private_cache_folder() or os.devnull)
    tokenizer.cache_file = f"jieba-{jieba.__version__}.cache"
    # jieba says much, and prints a traceback where it cannot write.
    level = jieba.default_logger.level
    jieba.setLogLevel(logging.CRITICAL)
    try:
        tokenizer.initialize()
    finally:
        jieba.setLogLevel(max(level, logging.WARNING))
    return tokenizer


def jieba_borders(text: str) -> list[int]:
    """Offsets at which jieba starts a word."""
    return [start for _, start, _ in own_jieba().tokenize(text)]
