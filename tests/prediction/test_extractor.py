"""`Extractor`, with a model that was trained on the toy corpus."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.mrc.examples import WindowSize
from bert_mrc_theseus.prediction.extractor import GROUP_CHARACTERS
from bert_mrc_theseus.text.documents import Document, read_documents
from tests.helpers.saved_models import match_model


@pytest.fixture(scope="module")
def extractor(trained) -> Extractor:
    return Extractor.load(trained.run / "stage2" / "best")


def test_entities_of_a_text(extractor):
    text = "不了的李明和的一在北京。"
    found = extractor(text)
    assert [(e.text, e.type) for e in found] == [("李明", "PER"), ("北京", "LOC")]
    for entity in found:
        assert text[entity.start : entity.end] == entity.text and 0.5 <= entity.score <= 1.0


def test_all_types_are_found_whatever_was_annotated(extractor):
    (found,) = extractor.documents([Document("", "不了的李明和的一在北京。", annotated=("LOC",))])
    assert [entity.type for entity in found.entities] == ["PER", "LOC"]


def test_texts_that_are_empty_blank_or_unknown(extractor):
    assert extractor("") == []
    assert list(extractor.batch(["", " ", "\u0000😀", "\n"])) == [[], [], [], []]


def test_a_batch_gives_what_single_calls_give_in_order(extractor, trained):
    texts = [document.text for document in read_documents(trained.data / "test.jsonl")]
    together, alone = list(extractor.batch(texts)), [extractor(text) for text in texts]
    for a, b in zip(together, alone, strict=True):
        assert [(e.text, e.type, e.start) for e in a] == [(e.text, e.type, e.start) for e in b]
        assert [e.score for e in a] == pytest.approx([e.score for e in b], abs=1e-5)
    assert any(together)


def test_look_ahead_is_bounded(extractor):
    read = 0

    def endless():
        nonlocal read
        for number in itertools.count():
            read += 1
            yield Document(str(number), "的" * 1000 + "。")

    first = next(extractor.documents(endless()))
    assert first.id == "0" and read <= 3 * (GROUP_CHARACTERS // 1000 + 1)


def test_a_text_longer_than_a_window_is_read_sentence_by_sentence(extractor, trained):
    sentence = "不了的李明和的一在北京。"
    text = sentence * 40
    model = replace(load_model(trained.run / "stage2" / "best"), window=WindowSize(len(sentence) + 4, 4))
    found = Extractor(model, keras_engine(keras_model(model)))(text)
    expected = [(place * len(sentence) + e.start, e.type) for place in range(40) for e in extractor(sentence)]
    assert [(e.start, e.type) for e in found] == expected


@pytest.mark.parametrize("size", [40, 300])
def test_a_long_document_in_pieces_is_the_document_at_once(extractor, trained, monkeypatch, size):
    random = np.random.default_rng(1)
    sentences = ["不了的李明和的一在北京。", "张高在上海", "这是的一在有和不人，" * 6, "王云！"]
    texts = ["".join(random.choice(sentences, n)) for n in (1, 30, 3, 60)]
    expected = list(extractor.batch(texts))
    monkeypatch.setattr("bert_mrc_theseus.prediction.extractor.GROUP_CHARACTERS", size)
    found = list(extractor.batch(texts))
    assert sum(map(len, found)) > 20
    for mine, theirs, text in zip(found, expected, texts, strict=True):
        assert [(e.text, e.type, e.start, e.end) for e in mine] == [(e.text, e.type, e.start, e.end) for e in theirs]
        assert all(text[e.start : e.end] == e.text for e in mine)


def test_thresholds_can_be_given(trained):
    strict = Extractor.load(trained.run / "stage2" / "best", Thresholds(1.0, 1.0))
    assert strict("不了的李明和的一在北京。") == []


def test_a_folder_without_model(tmp_path):
    with pytest.raises(ModelError, match="not a complete model folder"):
        Extractor.load(tmp_path)


def test_without_a_match_head_entities_of_different_types_may_overlap():
    model = replace(match_model(), match=None)
    types = len(model.schema.types)

    def engine(examples):
        answers = [np.zeros((types, len(context), 2), np.float32) for context in examples.contexts]
        for answer in answers:
            answer[0, 0, 0] = answer[0, 3, 1] = 0.9  # 北京大学
            answer[1, 0, 0] = answer[1, 1, 1] = 0.8  # 北京, in another type
            answer[0, 2, 0] = 0.7  # 大学, of the same type as what it is in
        return answers

    nested, flat = (Extractor(model, engine, nested=choice)("北京大学") for choice in (True, False))
    first, second = model.schema.names[:2]
    assert {(e.text, e.type) for e in nested} == {("北京大学", first), ("北京", second)}
    assert [(e.text, e.type) for e in flat] == [("北京大学", first)]
