"""Settings of the stages: their bounds, and what older versions wrote down of them."""

from dataclasses import fields

import pytest

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.training.config import (
    LOSS_NAMES,
    Distillation,
    NewPredecessor,
    Replacing,
    TrainingConfig,
    changed_settings,
    settings_in,
    settings_record,
    stage_config,
)
from bert_mrc_theseus.training.losses import LOSSES


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (TrainingConfig, {"loss": "hinge"}),
        (Replacing, {"schedule": "cosine"}),
        (Replacing, {"initialisation": "last"}),
        (TrainingConfig, {"dropout": 1.5}),
        (TrainingConfig, {"epochs": -1}),
        (TrainingConfig, {"learning_rate": -1}),
        (TrainingConfig, {"learning_rate": 0.0}),
        (Replacing, {"modules": 0}),
        (Replacing, {"base": -0.1}),
        (Distillation, {"temperature": 0.0}),
        (Distillation, {"borders": -1.0}),
        (NewPredecessor, {"window": 0}),
        (NewPredecessor, {"context_position": 2}),
    ],
)
def test_settings_that_make_no_sense(kind, bad):
    ((name, value),) = bad.items()
    with pytest.raises(UserError, match=f"^{name} .*Received: {value!r}$"):
        kind(**bad)


NUMBERS = [
    (kind, item.name)
    for kind in (TrainingConfig, Replacing, Distillation)
    for item in fields(kind)
    if isinstance(item.default, float)
]


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_nan_is_refused(kind, name):
    with pytest.raises(UserError, match=f"^{name} .*nan"):
        kind(**{name: float("nan")})


def test_a_successor_cannot_share_more_layers_than_it_has():
    assert [Replacing(modules=3, shared_layers=k).shared_layers for k in (None, 0, 3)] == [None, 0, 3]
    with pytest.raises(UserError, match=r"of a successor's 3 layers 0 to 3 can be shared\. Received: 4"):
        Replacing(modules=3, shared_layers=4)


def test_the_names_of_losses_are_those_that_there_are():
    assert tuple(LOSSES) == LOSS_NAMES


def test_what_a_stage_does_not_say_is_its_default():
    usual = [(c.epochs, c.learning_rate) for c in map(stage_config, (0, 1, 2))]
    assert usual == [(3, 1.5e-4), (2, 1.5e-4), (2, 1e-4)]
    assert stage_config(2, epochs=5, seed=7) == TrainingConfig(epochs=5, learning_rate=1e-4, seed=7)


FLAT = {
    "epochs": 9, "learning_rate": 0.02, "warmup": 0.2, "weight_decay": 0.3, "clip": 4.0, "loss": "bce", "token_budget": 77,
    "negative_ratio": 0.5, "by_text": True, "silver_weight": 0.6, "seed": 7, "mixed_bfloat16": True, "patience": 8,
    "evaluate_every": 11, "checkpoint_minutes": 12.5, "dropout": 0.4, "modules": 3, "schedule": "constant", "base": 0.1,
    "reach": 0.9, "rate": 0.8, "initialisation": "mean", "shared": 1, "distill_logits": 1.5, "temperature": 3.0,
    "distill_borders": 2.5,
}  # fmt: skip
"""Settings as they were written down when a stage had all of them in one place."""

OF_ALL = {
    "epochs": 9, "learning_rate": 0.02, "warmup": 0.2, "weight_decay": 0.3, "clip": 4.0, "loss": "bce", "token_budget": 77,
    "negative_ratio": 0.5, "by_text": True, "silver_weight": 0.6, "seed": 7, "mixed_bfloat16": True, "patience": 8,
    "evaluate_every": 11, "checkpoint_minutes": 12.5, "dropout": 0.4, "source_dropout": 0.2, "entity_dropout": 0.3,
    "devices": 1,
}  # fmt: skip
OF_STAGE_1 = {
    "modules": 3, "schedule": "constant", "base": 0.1, "reach": 0.9, "rate": 0.8, "initialisation": "mean", "shared_layers": 1,
}  # fmt: skip
OF_DISTILLATION = {"logits": 1.5, "temperature": 3.0, "borders": 2.5}


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (0, {"config": OF_ALL}),
        (1, {"config": OF_ALL, "replacing": OF_STAGE_1, "distillation": OF_DISTILLATION}),
        (2, {"config": OF_ALL, "distillation": OF_DISTILLATION}),
    ],
)
def test_a_record_of_old_settings_is_read_in_todays_form(stage, expected):
    record = {"stage": stage, "config": dict(FLAT), "starts_from": "somewhere"}
    assert settings_in(record) == expected
    # It is read, not changed; and today's form is read as it is.
    assert record["config"] == FLAT
    assert settings_in({"stage": stage, **expected}) == expected


def test_a_setting_that_did_not_exist_then_has_its_default():
    later = ("by_text", "shared", "distill_logits", "temperature", "distill_borders", "checkpoint_minutes")
    found = settings_in({"stage": 1, "config": {name: value for name, value in FLAT.items() if name not in later}})
    assert found == {
        "config": {**OF_ALL, "by_text": False, "checkpoint_minutes": 5.0},
        "replacing": {**OF_STAGE_1, "shared_layers": None},
        "distillation": {"logits": 0.0, "temperature": 2.0, "borders": 0.0},
    }


def test_the_share_of_pairs_without_entities_that_was_usual_then_is_todays():
    record = {"stage": 0, "config": {**FLAT, "negative_ratio": 1.0}}
    assert settings_in(record)["config"]["negative_ratio"] is None
    # Of today's programs it is what was asked for.
    assert settings_in({"stage": 0, "config": {**OF_ALL, "negative_ratio": 1.0}})["config"]["negative_ratio"] == 1.0


def test_changed_settings_are_named_but_not_how_often_a_checkpoint_is_written():
    def record(distillation=Distillation(), replacing=Replacing(), **changes):
        return settings_record(TrainingConfig(**changes), replacing, distillation)

    assert changed_settings(record(), record()) == []
    assert changed_settings(record(), record(checkpoint_minutes=0.5)) == []
    assert changed_settings(record(), record(Distillation(borders=0.5), Replacing(modules=4), seed=7)) == [
        "seed: 42 then, 7 now",
        "modules: 6 then, 4 now",
        "borders: 0.0 then, 0.5 now",
    ]
