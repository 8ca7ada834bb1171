"""Which stages, with which settings, a method is trained in, and how models are named."""

import pytest

from bert_mrc_theseus.comparison.methods import METHODS, SUCCESSORS, Candidate, Settings, parse_candidate, stage_plans
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.training.config import NewPredecessor, TrainingConfig

PLAIN = NewPredecessor(words=False)
"""Whose successors may share fewer layers than all."""


@pytest.mark.parametrize("name", SUCCESSORS)
@pytest.mark.parametrize("epochs", [(3, 2, 2), (1, 4, 3)])
@pytest.mark.parametrize("times", [1, 3])
def test_successors_get_equally_many_epochs(name, epochs, times):
    plans = stage_plans(Candidate(name, 6, 0, times), 7, Settings(epochs, new=PLAIN))
    assert sum(plan.config.epochs for plan in plans) == epochs[1] + times * epochs[2]
    assert all(plan.config.seed == 7 for plan in plans)
    assert (plans[0].stage, plans[0].replacing.modules) == (1, 6)


def test_methods_differ_in_what_they_are_named_for():
    def of(name, shared=0):
        return {plan.stage: plan for plan in stage_plans(Candidate(name, 6, shared), 1, Settings(new=PLAIN))}

    assert of("constant")[1].replacing.schedule == "constant" and of("linear")[1].replacing.schedule == "linear"
    initialisations = [of(name)[1].replacing.initialisation for name in ("linear", "spaced", "mean")]
    assert initialisations == ["first", "spaced", "mean"]
    assert list(of("one-stage")) == [1] and of("first")[1].config.epochs == 0 and list(of("predecessor-dice")) == [0]
    assert of("linear", 4)[1].replacing.shared_layers == of("first", 4)[1].replacing.shared_layers == 4
    assert of("linear")[1].replacing.shared_layers == 0
    assert of("distilled")[1].distillation and of("distilled")[2].distillation and not of("linear")[2].distillation
    assert of("first-distilled")[2].distillation.logits > 0 and of("predecessor-bce")[0].config.loss == "bce"
    assert len({method.title for method in METHODS.values()}) == len(METHODS)


def test_with_words_all_layers_are_shared():
    (plan, _) = stage_plans(Candidate("linear", 6), 1, Settings())
    assert plan.replacing.shared_layers is None
    with pytest.raises(UserError, match="share all layers"):
        stage_plans(Candidate("linear", 6, 4), 1, Settings())


def test_settings_are_those_of_all_candidates_but_what_a_method_is_about():
    settings = Settings((5, 4, 3), (0.1, 0.2, 0.3), NewPredecessor(window=9), TrainingConfig(loss="dice", dropout=0.4))
    common = {"dropout": 0.4, "seed": 1}
    (predecessor,) = stage_plans(Candidate("predecessor"), 1, settings)
    assert predecessor.config == TrainingConfig(epochs=5, learning_rate=0.1, loss="dice", **common)
    (other,) = stage_plans(Candidate("predecessor-bce"), 1, settings)
    assert other.config == TrainingConfig(epochs=5, learning_rate=0.1, loss="bce", **common)
    assert [plan.config for plan in stage_plans(Candidate("linear", 3), 1, settings)] == [
        TrainingConfig(epochs=4, learning_rate=0.2, loss="dice", **common),
        TrainingConfig(epochs=3, learning_rate=0.3, loss="dice", **common),
    ]


def test_candidates_are_named_by_method_layers_and_shared_layers():
    assert parse_candidate("predecessor-dice", [6, 3]) == [Candidate("predecessor-dice")]
    assert parse_candidate("one-stage", [6, 3]) == [Candidate("one-stage", 6), Candidate("one-stage", 3)]
    assert parse_candidate("first-distilled-3", [6]) == [Candidate("first-distilled", 3)]
    assert parse_candidate("distilled-6:4", [3]) == [Candidate("distilled", 6, 4)]
    assert parse_candidate("linear-3:1x3", [6]) == [Candidate("linear", 3, 1, 3)] and parse_candidate(
        "firstx2", [3]
    ) == [Candidate("first", 3, times=2)]
    assert (
        Candidate("linear", 3, 1, 3).folder == "linear-3-shared1-x3"
        and Candidate("first", 3, times=2).folder == "first-3-x2"
    )
    assert Candidate("distilled", 6, 4).folder == "distilled-6-shared4" and Candidate("first", 3).folder == "first-3"
    for text in ("quadratic", "linear-", "linear-0", "linear-6:", "predecessor-6", "linear-6:4:1", "linear-3x0"):
        with pytest.raises(UserError, match=r"xTIMES\]; methods are predecessor"):
            parse_candidate(text, [6])
