"""Are the numbers of a config numbers that a model can have? Asked before any of them sizes an array."""

import math
from collections.abc import Mapping
from typing import Any

ENCODER_SIZES = {
    "vocab_size": 10_000_000,
    "hidden_size": 1 << 16,
    "num_layers": 1_000,
    "num_heads": 1 << 16,
    "intermediate_size": 1 << 20,
    "max_positions": 1 << 20,
    "type_vocab_size": 1 << 10,
    "head_size": 1 << 16,
}
"""The largest value of each size of an encoder; all are at least 1."""


def whole(value: Any, name: str, least: int, largest: int) -> int:
    """A whole number.

    Args:
        value: from JSON.
        name: for messages.
        least, largest: its bounds, both allowed.

    Raises:
        ValueError: it is another value.
    """
    if type(value) is not int or not least <= value <= largest:
        raise ValueError(f"{name} is {_short(value)}, not a whole number from {least} to {largest}")
    return value


def number(value: Any, name: str, least: float, largest: float) -> float:
    """A number; arguments and errors as those of `whole`."""
    if type(value) not in (int, float) or not least <= value <= largest or not math.isfinite(value):
        raise ValueError(f"{name} is {_short(value)}, not a number from {least} to {largest}")
    return float(value)


def table(value: Any, name: str) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        ValueError: it is another value.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {_short(value)}, not an object")
    return value


def check_encoder(encoder: Any, name: str = "encoder") -> None:
    """Raises ValueError for the first value of an encoder's config that makes no sense; what is absent is not looked at."""
    values = table(encoder, name)
    for size, largest in ENCODER_SIZES.items():
        if size in values:
            whole(values[size], f"{name}.{size}", 1, largest)
    if "layer_norm_eps" in values:
        number(values["layer_norm_eps"], f"{name}.layer_norm_eps", 0.0, 1.0)


def check_config(config: Mapping[str, Any]) -> None:
    """Raises ValueError for the first value in a model's config.json that makes no sense."""
    check_encoder(config["encoder"])
    window = table(config["window"], "window")
    size = whole(window["size"], "window.size", 1, 1 << 20)
    whole(window["overlap"], "window.overlap", 0, (size - 1) // 2)
    sharing = table(config["sharing"], "sharing")
    whole(sharing["modules"], "sharing.modules", 0, ENCODER_SIZES["num_layers"])
    whole(sharing["context_position"], "sharing.context_position", 1, ENCODER_SIZES["max_positions"])
    if config["match"] is not None:
        match = table(config["match"], "match")
        whole(match["size"], "match.size", 2, 1 << 16)
        whole(match["longest"], "match.longest", 1, 1 << 20)
    if config.get("words") is not None:
        words = table(config["words"], "words")
        for name, least, largest in (
            ("pieces", 0, ENCODER_SIZES["vocab_size"]),
            ("sources", 0, 1_000),
            ("layers", 1, ENCODER_SIZES["num_layers"]),
            ("intermediate_size", 1, ENCODER_SIZES["intermediate_size"]),
        ):
            whole(words[name], f"words.{name}", least, largest)
    for name, threshold in table(config["thresholds"], "thresholds").items():
        number(threshold, f"thresholds.{name}", 0.0, 1.0)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
