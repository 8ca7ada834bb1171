"""The component of spaCy pipelines, with the real spaCy and its segmenters."""

import shutil

import pytest

from bert_mrc_theseus import Extraction, Extractor
from bert_mrc_theseus.package_data import bundled_model

spacy = pytest.importorskip("spacy", reason="the extra spacy is not installed")
set_entities = pytest.importorskip("bert_mrc_theseus.integrations.spacy_component").set_entities

NAME = "bert_mrc_theseus"
TEXTS = ["程晓光从广州飞往大连， 去拜访海蓝科技的总经理。", "", "沈維鈞老師\n在新竹演出。", "明天降温。"]


def pipeline(segmenter="char", **config):
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": segmenter}}})
    nlp.add_pipe(NAME, config=config)
    return nlp


@pytest.fixture(scope="module")
def nlp():
    return pipeline()


@pytest.fixture(scope="module")
def expected():
    with Extractor.load() as extractor:
        found = extractor(TEXTS)
    assert sum(map(len, found)) >= 4
    return found


def offsets(doc):
    return [(e.text, e.label_, e.start_char, e.end_char) for e in doc.ents]


def as_offsets(entities):
    return [(e.text, e.type, e.start, e.end) for e in entities]


def test_spacy_finds_the_component_by_its_entry_point():
    assert spacy.util.registry.factories.get(NAME).__module__ == "bert_mrc_theseus.integrations.spacy_component"


def test_tokens_of_one_character_lose_nothing(nlp, expected):
    docs = list(nlp.pipe(TEXTS))
    assert [offsets(doc) for doc in docs] == [as_offsets(entities) for entities in expected]
    assert [doc.spans["ner"].attrs["misaligned"] for doc in docs] == [0] * len(TEXTS)
    for doc, entities in zip(docs, expected, strict=True):
        assert doc.spans["ner"].attrs["scores"] == [entity.score for entity in entities]
    assert offsets(nlp(TEXTS[0])) == as_offsets(expected[0])


def test_what_does_not_fall_on_words_is_counted_and_kept_in_spans(expected):
    doc = pipeline("jieba")(TEXTS[0])
    words = {token.idx for token in doc} | {len(doc.text)}
    aligned = [entity for entity in expected[0] if {entity.start, entity.end} <= words]
    assert offsets(doc) == as_offsets(aligned)
    group = doc.spans["ner"]
    assert group.attrs["misaligned"] == len(expected[0]) - len(aligned)
    assert group.attrs["offsets"] == [[entity.start, entity.end] for entity in expected[0]]
    assert len(group) == len(expected[0])


def test_a_span_that_begins_in_a_word():
    doc = spacy.tokens.Doc(spacy.blank("zh").vocab, ["北京", "市长", "江泽民"], spaces=[False] * 3)
    found = [("北京市", "LOC", 0, 3), ("北京", "LOC", 0, 2), ("江泽民", "PER", 4, 7), ("泽民", "PER", 5, 7)]
    doc.ents = [spacy.tokens.Span(doc, 0, 1, "CITY")]
    set_entities(doc, [Extraction(*item, 0.5) for item in found], "found")
    group = doc.spans["found"]
    assert [span.text for span in group] == ["北京市长", "北京", "江泽民", "江泽民"]
    assert group.attrs == {"scores": [0.5] * 4, "offsets": [[0, 3], [0, 2], [4, 7], [5, 7]], "misaligned": 2}
    # What was there stays.
    assert [(e.text, e.label_) for e in doc.ents] == [("北京", "CITY"), ("江泽民", "PER")]


def test_nested_entities_stay_in_spans():
    doc = spacy.tokens.Doc(spacy.blank("zh").vocab, list("北京大学"), spaces=[False] * 4)
    set_entities(doc, [Extraction("北京", "LOC", 0, 2, 0.9), Extraction("北京大学", "ORG", 0, 4, 0.8)], "ner")
    assert offsets(doc) == [("北京大学", "ORG", 0, 4)]
    assert [span.text for span in doc.spans["ner"]] == ["北京", "北京大学"]


def test_a_saved_pipeline_has_its_model_in_it(expected, tmp_path):
    source = tmp_path / "model"
    shutil.copytree(bundled_model(), source)
    nlp = pipeline(model=str(source), types=["LOC"], spans_key="places")
    nlp.to_disk(tmp_path / "saved")
    shutil.rmtree(source)
    again = spacy.load(tmp_path / "saved")
    again.to_disk(tmp_path / "saved")
    (doc,) = spacy.load(tmp_path / "saved").pipe(TEXTS[:1])
    assert offsets(doc) == as_offsets(entity for entity in expected[0] if entity.type == "LOC")
    assert [span.label_ for span in doc.spans["places"]] == ["LOC"] * len(doc.ents)


def test_processes_and_contexts_of_a_pipe(nlp, expected):
    done = list(
        nlp.pipe([(text, number) for number, text in enumerate(TEXTS)], as_tuples=True, n_process=2, batch_size=1)
    )
    assert [number for _, number in done] == list(range(len(TEXTS)))
    assert [offsets(doc) for doc, _ in done] == [as_offsets(entities) for entities in expected]
