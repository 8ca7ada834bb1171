"""`Extractor`, with a model that was trained on the toy corpus."""

import gc
import itertools
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.engine import BatchEngine
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.engines.thread_pool import ThreadPool
from bert_mrc_theseus.errors import ModelError, UsageError, UserError
from bert_mrc_theseus.model.build import keras_model
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.prediction.pieces import GROUP_CHARACTERS
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import read_documents
from tests.helpers.saved_models import match_model, with_config


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
    model = load_model(trained.run / "stage2" / "best")
    spec = replace(model.spec, window=WindowSize(len(sentence) + 4, 4))
    found = Extractor(spec, keras_engine(keras_model(model)))(text)
    expected = [(place * len(sentence) + e.start, e.type) for place in range(40) for e in extractor(sentence)]
    assert [(e.start, e.type) for e in found] == expected


@pytest.mark.parametrize("size", [40, 300])
def test_a_long_document_in_pieces_is_the_document_at_once(extractor, trained, monkeypatch, size):
    random = np.random.default_rng(1)
    sentences = ["不了的李明和的一在北京。", "张高在上海", "这是的一在有和不人，" * 6, "王云！"]
    texts = ["".join(random.choice(sentences, n)) for n in (1, 30, 3, 60)]
    expected = list(extractor.batch(texts))
    monkeypatch.setattr("bert_mrc_theseus.prediction.pieces.GROUP_CHARACTERS", size)
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
    spec = with_config(match_model(), match=None).spec

    def run(batch):
        probabilities = np.zeros((*batch.tokens.ids.shape, 2), np.float32)
        # Rows by their queries: 人名 has one token more than 地.
        for row, answer in zip(batch.query_lengths, probabilities, strict=True):
            start = int(row)
            if start == first_query:
                answer[start, 0] = answer[start + 3, 1] = 0.9  # 北京大学
                answer[start + 2, 0] = 0.7  # 大学, of the same type as what it is in
            elif start == second_query:
                answer[start, 0] = answer[start + 1, 1] = 0.8  # 北京, in another type
        return probabilities

    first_query, second_query = (len(item.query) + 2 for item in spec.schema.types[:2])
    only = spec.schema.only(spec.schema.names[:2])
    nested, flat = (
        Extractor(spec, BatchEngine(run), schema=only, nested=choice)("北京大学") for choice in (True, False)
    )
    first, second = spec.schema.names[:2]
    assert {(e.text, e.type) for e in nested} == {("北京大学", first), ("北京", second)}
    assert [(e.text, e.type) for e in flat] == [("北京大学", first)]


TEXT, PLACE = "不了的李明和的一在北京。", "不了的在北京。"


def test_types_can_be_chosen(model):
    only = Extractor.load(model, types=["LOC"])
    assert only.schema.names == ("LOC",) and only.unseen == ()
    assert [(e.text, e.type, e.start, e.end) for e in only(PLACE)] == [("北京", "LOC", 4, 6)]
    # A text that has a person too, which all types together find.
    assert {e.type for e in only(TEXT)} == {"LOC"}
    with pytest.raises(UserError, match=r"'TIME' is not in the schema \(PER, LOC\)"):
        Extractor.load(model, types=["LOC", "TIME"])


def test_types_can_have_other_queries_and_names(model, tmp_path):
    path = tmp_path / "new.toml"
    path.write_text(
        '[PLACE]\nquery = "地名"\nname = "球队"\n[TEAM]\nquery = "球队"\nname = "地名"\n[WHO]\nquery = "人名"\nname = "人"\n',
        encoding="utf-8",
    )
    both = Extractor.load(model, queries=path, types=["PLACE", "WHO"])
    assert both.schema.names == ("PLACE", "WHO") and both.unseen == ()
    assert [(e.text, e.type) for e in both(TEXT)] == [("李明", "WHO"), ("北京", "PLACE")]
    assert Extractor.load(model, queries=path).unseen == ("TEAM",)
    # In another style the same types have other queries.
    swapped = Extractor.load(model, queries=str(path), style="name", types=["TEAM"])
    assert swapped.unseen == () and [(e.text, e.type) for e in swapped(PLACE)] == [("北京", "TEAM")]


def engine_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("engine")}


@pytest.fixture(params=["keras", "onnx"])
def folder(request, model, tmp_path):
    """A model folder that one of the two engines runs."""
    saved = load_model(model)
    save_model(tmp_path / "model", saved)
    if request.param == "onnx":
        write_graphs(tmp_path / "model", serialised(build_graphs(saved)))
    return tmp_path / "model"


def test_an_extractor_closes_at_the_end_of_its_block(folder):
    before = engine_threads()
    with Extractor.load(folder) as extractor:
        assert [e.text for e in extractor(TEXT)] == ["李明", "北京"]
        assert engine_threads() - before
    assert not engine_threads() - before
    with pytest.raises(RuntimeError, match="after shutdown"):
        extractor(TEXT)
    with pytest.raises(ZeroDivisionError), Extractor.load(folder) as extractor:
        extractor(TEXT)
        raise ZeroDivisionError
    assert not engine_threads() - before


@pytest.mark.parametrize("half_read", [False, True])
def test_a_forgotten_extractor_leaves_no_thread_behind(folder, half_read):
    before = engine_threads()
    extractor = Extractor.load(folder)
    results = extractor.batch([TEXT * 3000] * 5 if half_read else [TEXT])
    assert next(results)
    assert engine_threads() - before
    del extractor, results
    gc.collect()
    deadline = time.monotonic() + 20.0
    while engine_threads() - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not engine_threads() - before


class Series:
    """What a pandas Series is here: not a list, but its values in order."""

    def __init__(self, values):
        self._values = values

    def __iter__(self):
        return iter(self._values)


@pytest.mark.parametrize("kind", [list, tuple, Series, iter])
def test_several_texts_in_one_call(extractor, kind):
    texts = ["不了的李明和的一在北京。", "", "这是上海"]
    expected = [[(e.text, e.type, e.start) for e in extractor(text)] for text in texts]
    assert [[(e.text, e.type, e.start) for e in found] for found in extractor(kind(texts))] == expected


@pytest.mark.parametrize("texts", ["不了的李明", b"abc", None, 7, float("nan"), {"a": "不了的李明"}])
def test_what_is_no_list_of_texts_is_refused_at_once(extractor, texts):
    with pytest.raises(TypeError, match="list"):
        extractor.batch(texts)
    if not isinstance(texts, str):
        with pytest.raises(TypeError, match="list"):
            extractor(texts)


@pytest.mark.parametrize("value", [None, float("nan"), b"abc", 7, ["李明"]])
def test_what_is_no_text_says_in_which_row(extractor, value):
    with pytest.raises(TypeError, match="text 2, counted from 0, is no str"):
        extractor(["不了的李明", "", value])


def test_an_abandoned_prediction_does_not_finish_its_group(extractor):
    """As after Ctrl-C: the engine's thread ends with the answer that it is at."""
    answered, begun = 0, threading.Event()

    class Slow:
        def __init__(self):
            self.pool = ThreadPool(1)

        def answer(self, examples, use, matches=False):
            nonlocal answered
            for window, context in enumerate(examples.contexts):
                use(window, np.array([0]), np.zeros((1, len(context.ids), 2), np.float32), None)
                answered += 1
                begun.set()
                time.sleep(0.01)

        def submit(self, function, *arguments):
            return self.pool.submit(function, *arguments)

        def close(self):
            self.pool.close()

    slow = Extractor(extractor._spec, Slow(), schema=extractor.schema.only(["PER"]))

    def interrupted():
        for number in range(100):
            yield Document(str(number), "的" * (GROUP_CHARACTERS // 100 - 1))
        yield Document("last", "的" * GROUP_CHARACTERS)
        assert begun.wait(10)
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(slow.documents(interrupted()))
    slow.close()
    assert answered < 90 and time.monotonic() - start < 1


def test_what_cannot_be_meant_is_refused_before_a_text_is_read():
    with pytest.raises(UsageError, match="chooses a text of a query file"):
        Extractor.load(style="query")
    with pytest.raises(TypeError, match="expected a Thresholds"):
        Extractor.load(thresholds=0.5)
    with pytest.raises(TypeError, match="expected a Schema"):
        Extractor.load(schema=["PER"])
    with pytest.raises(ModelError):
        Extractor.load("")
