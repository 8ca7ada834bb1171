"""The card of a model folder, as a hub reads it."""

from dataclasses import replace

import pytest

from bert_mrc_theseus.evaluation.metrics import PRF, Scores
from bert_mrc_theseus.model_files.model_card import CARD, model_card
from bert_mrc_theseus.model_files.model_folder import save_model
from bert_mrc_theseus.model_files.training_record import TrainingRecord
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.saved_models import make_saved

SCORES = Scores(PRF(8, 2, 2), {"PER": PRF(5, 0, 1), "LOC": PRF(3, 2, 1)})


def scored():
    saved = make_saved()
    record = TrainingRecord(scores={"step": 3, "dev": {"step": 3, **SCORES.to_dict()}, "before": None})
    return replace(saved, spec=replace(saved.spec, record=record))


def test_a_hub_reads_scores_and_licence(tmp_path):
    hub = pytest.importorskip("huggingface_hub", reason="the extra hub is not installed")
    save_model(tmp_path, scored())
    data = hub.ModelCard.load(tmp_path / CARD).data
    assert data.license == "unknown" and data.language == "zh" and data.library_name == "bert-mrc-theseus"
    assert {result.metric_type: result.metric_value for result in data.eval_results} == {
        "precision": 0.8,
        "recall": 0.8,
        "f1": 0.8,
    }


def test_scores_of_each_type_are_in_the_text(tmp_path):
    save_model(tmp_path, scored())
    card = (tmp_path / CARD).read_text(encoding="utf-8")
    assert "| LOC | 0.6000 | 0.7500 | 0.6667 | 4 |" in card and "| micro | 0.8000 | 0.8000 | 0.8000 | 10 |" in card
    assert "| PER | 人名 |" in card and "1 of them read a text once" in card


def test_names_cannot_break_the_card():
    schema = Schema((EntityType('A|"B\\', "什么\n---\n名 | 字"),))
    config = make_saved().spec.config
    card = model_card(config, schema, TrainingRecord())
    assert "None are recorded" in card and '| A\\|"B\\ | 什么 --- 名 \\| 字 |' in card
    header = card.split("---\n")[1]
    assert 'recognition: A|\\"B\\\\"' in header and len(header.splitlines()) == 6
