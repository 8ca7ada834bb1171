"""Tests that `make stress` runs at greater length: how long, from which seed, and what they found out."""

import os
import random
from typing import TypeVar

Amount = TypeVar("Amount")

STRESS = "BMT_STRESS"
"""Variable that holds the seed of a stress run; tests are short without it."""

FIGURES = "BMT_STRESS_FIGURES"
"""Variable that names the file to which a stress run adds its figures."""


def under_stress(short: Amount, long: Amount) -> Amount:
    """How much of something is tried: `short` in every test run, `long` in a stress run."""
    return long if STRESS in os.environ else short


def seeded(name: str) -> random.Random:
    """What is drawn at random in a test of that name; the same in every run of a seed."""
    return random.Random(f"{os.environ.get(STRESS, '0')} {name}")


def note(figure: str) -> None:
    """A figure of a stress run, for its file."""
    if FIGURES in os.environ:
        with open(os.environ[FIGURES], "a", encoding="utf-8") as stream:
            stream.write(f"{figure}\n")
