"""Which stages, with which settings, a method is trained in, and how models are named."""

import pytest

from bert_mrc_theseus.comparison.methods import METHODS, SUCCESSORS, Model, Settings, parse_model, stage_configs
from bert_mrc_theseus.errors import UserError


@pytest.mark.parametrize("name", SUCCESSORS)
@pytest.mark.parametrize("epochs", [(3, 2, 2), (1, 4, 3)])
@pytest.mark.parametrize("times", [1, 3])
def test_successors_get_equally_many_epochs(name, epochs, times):
    configs = stage_configs(Model(name, 6, 0, times), 7, Settings(epochs))
    assert sum(config.epochs for config in configs.values()) == epochs[1] + times * epochs[2]
    assert all(config.seed == 7 for config in configs.values()) and configs[1].modules == 6


def test_methods_differ_in_what_they_are_named_for():
    def of(name, shared=0):
        return stage_configs(Model(name, 6, shared), 1, Settings())

    assert of("constant")[1].schedule == "constant" and of("linear")[1].schedule == "linear"
    assert [of(name)[1].initialisation for name in ("linear", "spaced", "mean")] == ["first", "spaced", "mean"]
    assert list(of("one-stage")) == [1] and of("first")[1].epochs == 0 and list(of("predecessor-dice")) == [0]
    assert of("linear", 4)[1].shared == of("first", 4)[1].shared == 4 and of("linear")[1].shared == 0
    assert of("distilled")[1].distillation and of("distilled")[2].distillation and not of("linear")[2].distillation
    assert of("first-distilled")[2].distill_logits > 0 and of("predecessor-bce")[0].loss == "bce"
    assert len({method.title for method in METHODS.values()}) == len(METHODS)


def test_models_are_named_by_method_layers_and_shared_modules():
    assert parse_model("predecessor-dice", [6, 3]) == [Model("predecessor-dice")]
    assert parse_model("one-stage", [6, 3]) == [Model("one-stage", 6), Model("one-stage", 3)]
    assert parse_model("first-distilled-3", [6]) == [Model("first-distilled", 3)]
    assert parse_model("distilled-6:4", [3]) == [Model("distilled", 6, 4)]
    assert parse_model("linear-3:1x3", [6]) == [Model("linear", 3, 1, 3)] and parse_model("firstx2", [3]) == [
        Model("first", 3, times=2)
    ]
    assert (
        Model("linear", 3, 1, 3).folder == "linear-3-shared1-x3" and Model("first", 3, times=2).folder == "first-3-x2"
    )
    assert Model("distilled", 6, 4).folder == "distilled-6-shared4" and Model("first", 3).folder == "first-3"
    for text in ("quadratic", "linear-", "linear-0", "linear-6:", "predecessor-6", "linear-6:4:1", "linear-3x0"):
        with pytest.raises(UserError, match=r"xTIMES\]; methods are predecessor"):
            parse_model(text, [6])
