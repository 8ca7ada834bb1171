"""All stages with a match head: nested entities are learnt, found and scored."""

from dataclasses import replace

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.evaluation.evaluate import evaluate_model
from bert_mrc_theseus.evaluation.tuning import MATCHES, tune_on
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.model_files.model_config import MatchShape
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.mrc.examples import longest_span
from bert_mrc_theseus.text.interchange import read_documents, write_documents
from tests.helpers.documents import QUERIES, nested_toys
from tests.helpers.runs import Trained
from tests.helpers.saved_models import with_config


def test_training_with_a_match_head_finds_nested_entities(trained, tmp_path):
    data = tmp_path / "data"
    for name, count, seed in (("train", 160, 1), ("dev", 20, 2), ("test", 40, 3)):
        write_documents(data / f"{name}.jsonl", nested_toys(count, seed))
    (data / "queries.toml").write_text(QUERIES + '[ORG]\nquery = "机构"\nshort = "机构"\n', encoding="utf-8")
    run = Trained(data, trained.encoder, tmp_path / "run")
    for stage in (0, 1, 2):
        run.train(stage, match=stage == 0, epochs={0: 20, 1: 10, 2: 2}[stage])
    best = run.run / "stage2" / "best"
    model = load_model(best)
    test = list(read_documents(data / "test.jsonl"))
    train = model.spec.examples(list(read_documents(data / "train.jsonl")))
    assert model.spec.config.match == MatchShape(longest=longest_span(train))
    engine = keras_engine(keras_model(model))
    nested, flat = (evaluate_model(engine, model.spec, test, nested=choice) for choice in (True, False))
    tuned, f1 = tune_on(engine, model.spec, test, nested=True)
    usual = evaluate_model(engine, model.spec, test, replace(tuned, match=0.7), nested=True)
    assert tuned.match in MATCHES and f1 >= usual.strict.micro.f1
    assert nested.nested["inner"].support > 3 and nested.nested["inner"].recall > 0.7
    assert flat.nested["inner"].recall + flat.nested["outer"].recall <= 1.0 and nested.strict.micro.f1 > 0.7
    found = Extractor.load(best, nested=True)("不了的在北京大学医院。")
    assert {(e.text, e.type) for e in found} == {("北京", "LOC"), ("北京大学", "ORG"), ("北京大学医院", "ORG")}
    by_type = Extractor(with_config(model, match=None).spec, engine, nested=True)("不了的在北京大学医院。")
    assert {(e.text, e.type) for e in by_type} < {(e.text, e.type) for e in found}
