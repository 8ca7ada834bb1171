"""Settings of training: one dataclass for what all stages read, and one for each thing that only some do. No Keras.

A field says its bounds, its option on the command line and its help; the command line is made from them.
"""

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.model_files.successor import INITIALISATIONS
from bert_mrc_theseus.text.schema import DEFAULT_STYLE
from bert_mrc_theseus.training.schedules import SCHEDULES

LOSS_NAMES = ("focal", "bce", "dice")
"""Names in `losses.LOSSES`, which needs Keras."""


def _setting(
    default: Any,
    help_text: str,
    option: str = "",
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field with its bounds.

    Args:
        default: its value if nothing is said.
        help_text: for the command line.
        option: name on the command line, by default made from the field's.
        at_least, above, at_most, below: bounds of a number; infinite it is only if `at_most` is.
        choices: names that are known.
    """
    bounds = {"at_least": at_least, "above": above, "at_most": at_most, "below": below, "choices": choices}
    return field(default=default, metadata={"help": help_text, "option": option, **bounds})


def option_of(item: Field) -> str:
    """Name of a field's option on the command line."""
    return item.metadata["option"] or "--" + item.name.replace("_", "-")


def _check(settings: Any) -> None:
    """Raises UsageError for the first value that is outside of its bounds."""
    for item in fields(settings):
        value, limits = getattr(settings, item.name), item.metadata
        if value is None:
            continue
        if limits["choices"] and value not in limits["choices"]:
            raise UsageError(f"{item.name} is one of {', '.join(limits['choices'])}. Received: {value!r}")
        if value == float("inf") != limits["at_most"]:
            raise UsageError(f"{item.name} is finite. Received: {value}")
        # `not ... >=` and not `<`: NaN is refused too.
        if limits["below"] is not None and not value < limits["below"]:
            raise UsageError(f"{item.name} is less than {limits['below']}. Received: {value}")
        if limits["at_least"] is not None and limits["at_most"] is not None:
            if not limits["at_least"] <= value <= limits["at_most"]:
                raise UsageError(
                    f"{item.name} lies between {limits['at_least']} and {limits['at_most']}. Received: {value}"
                )
        elif limits["at_least"] is not None and not value >= limits["at_least"]:
            raise UsageError(f"{item.name} is at least {limits['at_least']}. Received: {value}")
        elif limits["above"] is not None and not value > limits["above"]:
            raise UsageError(f"{item.name} is greater than {limits['above']}. Received: {value}")


_SHARED_LAYERS = (
    "Lower layers of the stage's model in which the context is shared by all types; default: all of a model with words; "
    "otherwise 0 of a predecessor, and of a successor all if its predecessor shares all, all but one if not."
)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings that every stage reads. The fields say what they mean where they are declared.

    Raises:
        UsageError: a value that makes no sense.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.training.TrainingConfig(epochs=5).learning_rate
        0.00015
    """

    epochs: int = _setting(
        3,
        "Passes over the pairs with entities, each with its own sample of pairs without; 0 in stage 1 makes the successor's "
        "first weights and trains nothing.",
        at_least=0,
    )
    learning_rate: float = _setting(1.5e-4, "Highest learning rate, between warm-up and decay.", above=0)
    warmup: float = _setting(0.1, "Share of the steps during which the learning rate rises.", at_least=0, at_most=1)
    weight_decay: float = _setting(0.01, "Weight decay of AdamW; none on biases and LayerNorm.", at_least=0)
    clip: float = _setting(1.0, "Largest global norm of the gradient.", above=0)
    loss: str = _setting("focal", "Loss of starts and ends: focal, bce or dice.", choices=LOSS_NAMES)
    token_budget: int = _setting(1024, "Tokens of a batch, padding included.", "--tokens", above=0)
    negative_ratio: float | None = _setting(
        None,
        "How many pairs of text and type without entities are trained on, per pair with entities; inf: all; default: 1, and "
        "all where the model reads a text once for all types.",
        at_least=0,
        at_most=float("inf"),
    )
    by_text: bool = _setting(
        False,
        "Put all pairs of a text into one batch, so that shared layers run once a text instead of once a pair. Always done "
        "where all layers are shared.",
    )
    silver_weight: float = _setting(
        0.5, "Weight of the loss on documents that were not annotated by people (preprocess silver).", at_least=0
    )
    source_dropout: float = _setting(
        0.2, "Probability that a text is read without one of the lexicon's sources.", at_least=0, at_most=1
    )
    entity_dropout: float = _setting(
        0.3,
        "Probability that the lexicon lacks a text's entity, so that a name that it lacks is found too.",
        at_least=0,
        at_most=1,
    )
    dropout: float = _setting(0.1, "Dropout of hidden states and attention.", at_least=0, below=1)
    mixed_bfloat16: bool = _setting(
        False, "Compute matrix products in bfloat16, keep variables in float32.", "--bfloat16"
    )
    patience: int = _setting(
        0, "Evaluations without a better strict dev F1 before the stage stops; 0: never stop early.", at_least=0
    )
    evaluate_every: int = _setting(0, "Steps between evaluations; 0: evaluate once an epoch.", at_least=0)
    checkpoint_minutes: float = _setting(5.0, "Minutes between checkpoints for resuming.", at_least=0)
    devices: int = _setting(
        1,
        "Devices that share each batch, on Keras' backend JAX (docs/gpu.md); the result is that of one device.",
        at_least=1,
    )
    seed: int = _setting(
        42, "Seed of the heads' first weights, the batches, dropout and replacements.", at_least=0, at_most=2**32 - 1
    )

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class NewPredecessor:
    """What a predecessor is made of: settings of stage 0, which later stages take over from its model.

    Raises:
        UsageError: a value that makes no sense.
    """

    encoder: str = _setting("e5-small-zh", "Encoder to start from: e5-small-zh, or the folder of a BERT.")
    queries: str = _setting(DEFAULT_STYLE, "Which text of queries.toml is asked: short, query, name ...")
    window: int | None = _setting(None, "Characters of a window; default 254.", at_least=1)
    context_position: int | None = _setting(None, "Position of the context's first character; default 32.", at_least=3)
    match: bool = _setting(False, "Train a head that matches starts with ends, for nested entities.")
    shared_layers: int = _setting(0, _SHARED_LAYERS, at_least=0)
    words: bool = _setting(
        True,
        "Read words too: the encoder's pieces and a lexicon. Such a model shares all its layers, and reads a text once for all "
        "types; see docs/words.md.",
    )
    top_layers: int = _setting(1, "With words: layers above the encoder in which words enter once more.", at_least=1)
    lexicon: str = _setting(
        "jieba",
        "With words: whose words are features of characters, separated by commas: jieba (its dictionary), a file of terms "
        "(term<TAB>type), a folder of lists in HanLP's form; or none.",
    )

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class Replacing:
    """How modules are replaced in stage 1: the successor's shape, and the replace rate (see `schedules.replace_rate`).

    Raises:
        UsageError: a value that makes no sense.
    """

    modules: int = _setting(6, "Modules of the predecessor, which is the successor's number of layers.", at_least=1)
    schedule: str = _setting("linear", "Replace rate: linear or constant.", choices=SCHEDULES)
    base: float = _setting(0.3, "Linear replace rate at step 0.", at_least=0, at_most=1)
    rate: float = _setting(0.5, "Constant replace rate.", at_least=0, at_most=1)
    reach: float = _setting(0.7, "Share of stage 1 after which everything is replaced.", at_least=0, at_most=1)
    initialisation: str = _setting(
        "first", "Where successor layers start from: first, spaced or mean.", choices=INITIALISATIONS
    )
    shared_layers: int | None = _setting(None, _SHARED_LAYERS, at_least=0)

    def __post_init__(self) -> None:
        _check(self)
        if self.shared_layers is not None and self.shared_layers > self.modules:
            raise UsageError(
                f"of a successor's {self.modules} layers 0 to {self.modules} can be shared. Received: {self.shared_layers}"
            )


@dataclass(frozen=True, slots=True)
class Distillation:
    """How much the predecessor teaches in stages 1 and 2, beside the labels, whose loss has weight 1 (see `distillation`).

    Raises:
        UsageError: a value that makes no sense.
    """

    logits: float = _setting(0.0, "Weight of the predecessor's logits.", "--distill-logits", at_least=0)
    temperature: float = _setting(2.0, "What logits are divided by before they are compared in distillation.", above=0)
    borders: float = _setting(
        0.0, "Weight of the predecessor's hidden states at module borders.", "--distill-borders", at_least=0
    )

    def __post_init__(self) -> None:
        _check(self)

    def __bool__(self) -> bool:
        return self.logits > 0.0 or self.borders > 0.0


def check_shared_layers(new: NewPredecessor, replacing: Replacing) -> None:
    """Whether a predecessor and its successor can share the layers that they are to share.

    Raises:
        UsageError: only one of them would share all its layers.
    """
    shares_all = replacing.shared_layers == replacing.modules
    if new.words and replacing.shared_layers is not None and not shares_all:
        raise UsageError(
            f"a predecessor with words and its successor share all layers: leave {replacing.shared_layers} shared layers out, "
            f"or say --no-words"
        )
    if not new.words and not new.shared_layers and shares_all:
        raise UsageError(
            "a successor that shares all layers needs a predecessor that does: leave --no-words out, or give the predecessor "
            "the number of its layers as --shared-layers"
        )


STAGE_DEFAULTS: Mapping[int, Mapping[str, Any]] = {
    0: {"epochs": 3, "learning_rate": 1.5e-4},
    1: {"epochs": 2, "learning_rate": 1.5e-4},
    2: {"epochs": 2, "learning_rate": 1e-4},
}
"""Where a stage's defaults are not those of `TrainingConfig`."""

STAGE_SETTINGS: Mapping[int, tuple[type, ...]] = {
    0: (TrainingConfig, NewPredecessor),
    1: (TrainingConfig, Replacing, Distillation),
    2: (TrainingConfig, Distillation),
}
"""What each stage reads."""

_NOT_PART_OF_THE_RESULT = ("checkpoint_minutes", "devices")

_OLD_NAMES = {
    "replacing": {
        **{name: name for name in ("modules", "schedule", "base", "rate", "reach", "initialisation")},
        "shared_layers": "shared",
    },
    "distillation": {"logits": "distill_logits", "temperature": "temperature", "borders": "distill_borders"},
}
"""Names of settings when a stage had all of them in one place, by their part and name of today."""


def stage_config(stage: int, **changes: Any) -> TrainingConfig:
    """The settings of a stage that differ from its defaults by `changes`.

    Raises:
        UsageError: a value that makes no sense.
    """
    return TrainingConfig(**{**STAGE_DEFAULTS[stage], **changes})


def settings_record(
    config: TrainingConfig, replacing: Replacing | None = None, distillation: Distillation | None = None
) -> dict[str, Any]:
    """Settings in the form in which runs write them down."""
    more = {"replacing": replacing, "distillation": distillation}
    return {"config": asdict(config), **{name: asdict(part) for name, part in more.items() if part is not None}}


def settings_in(record: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a run wrote down, in today's form: what did not exist then has its default.

    Args:
        record: config.json, report.json or the fingerprint of a stage; also of versions that had all settings in one place.
    """
    stage, config = record["stage"], dict(record["config"])
    if "modules" in config:
        record = {
            part: {name: config.pop(old) for name, old in names.items() if old in config}
            for part, names in _OLD_NAMES.items()
        }
    if "source_dropout" not in config and config.get("negative_ratio") == 1.0:
        # The default had a number before there were models that read a text once.
        config["negative_ratio"] = None
    known = STAGE_SETTINGS[stage]
    return settings_record(
        TrainingConfig(**config),
        Replacing(**record.get("replacing", {})) if Replacing in known else None,
        Distillation(**record.get("distillation", {})) if Distillation in known else None,
    )


def changed_settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two results of `settings_in` or `settings_record`, as `name: VALUE then, VALUE now`."""
    return [
        f"{name}: {then.get(part, {}).get(name)} then, {value} now"
        for part, values in now.items()
        for name, value in values.items()
        if name not in _NOT_PART_OF_THE_RESULT and then.get(part, {}).get(name) != value
    ]
