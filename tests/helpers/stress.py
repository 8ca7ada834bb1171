"""Tests that `make stress` runs at greater length: how long, from which seed, and what they found out."""

import os
import random
import sys
from typing import TypeVar

Amount = TypeVar("Amount")

STRESS = "BMT_STRESS"
"""Variable that holds the seed of a stress run; tests are short without it."""


def under_stress(short: Amount, long: Amount) -> Amount:
    """How much of something is tried: `short` in every test run, `long` in a stress run."""
    return long if STRESS in os.environ else short


def seeded(name: str) -> random.Random:
    """What is drawn at random in a test of that name; the same in every run of a seed."""
    return random.Random(f"{os.environ.get(STRESS, '0')} {name}")


def note(figure: str) -> None:
    """A figure of a stress run; `make stress` shows it."""
    if STRESS in os.environ:
        print(f"stress: {figure}", file=sys.__stderr__, flush=True)
