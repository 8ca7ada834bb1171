"""The programs of others: what they say, as entities. LAC and jiagu are stood in for, the others are the real ones."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from bert_mrc_theseus.bench.peer_programs import BATCH, PEERS, types_of_names, words_to_entities
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.text.documents import Entity


def named(text, entities):
    return [(text[e.start : e.end], e.type) for e in entities]


def test_words_whose_tag_is_a_name_are_entities():
    words = [("李明", "PER"), ("在", "p"), ("李明", "ORG"), ("Blue", "nz"), ("Bird", "LOC")]
    assert words_to_entities("李明在 李明 Blue  Bird。", words) == [
        Entity(0, 2, "PER"), Entity(4, 6, "ORG"), Entity(13, 17, "LOC")
    ]  # fmt: skip
    with pytest.raises(ValueError):
        words_to_entities("李明", [("王明", "PER")])


class FakeLac:
    """Every 李明 is a person; like LAC it takes empty texts out of the list that it is given."""

    calls: list[int]

    def __init__(self, mode):
        assert mode == "lac"

    def run(self, texts):
        self.calls.append(len(texts))
        answers = [[["李明", text[2:]], ["PER", "v"]] if text else [[], []] for text in texts]
        while "" in texts:
            texts.remove("")
        return answers


def test_lac_on_a_paddle_that_calls_fluid_otherwise(monkeypatch):
    core = ModuleType("paddle.base.core")
    base = ModuleType("paddle.base")
    paddle = ModuleType("paddle")
    base.core, paddle.base = core, base
    FakeLac.calls = []
    for module in (paddle, base, core):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, "LAC", SimpleNamespace(LAC=FakeLac))
    texts = ["", *(f"李明是{number}" for number in range(BATCH + 2))]
    try:
        found = PEERS["LAC"].load()(texts)
        assert sys.modules["paddle.fluid"] is base and sys.modules["paddle.fluid.core"] is core
    finally:
        for name in ("paddle.fluid", "paddle.fluid.core"):
            sys.modules.pop(name, None)
    assert found == [[], *[[Entity(0, 2, "PER")]] * (BATCH + 2)]
    assert FakeLac.calls == [BATCH, 3]


def test_jiagus_tags_count_words(monkeypatch):
    tags = {"李明": "B-PER", "北京": "B-ORG", "大学": "I-ORG", "上海": "B-LOC"}
    fake = SimpleNamespace(seg=lambda text: text.split(), ner=lambda words: [tags.get(word, "O") for word in words])
    monkeypatch.setitem(sys.modules, "jiagu", fake)
    text = "李明 在 北京 大学 上海 李明"
    (found,) = PEERS["jiagu"].load()([text])
    assert named(text, found) == [("李明", "PER"), ("北京 大学", "ORG"), ("上海", "LOC"), ("李明", "PER")]


def test_jieba_finds_persons_and_places():
    assert PEERS["jieba.posseg"].missing == ""
    text = "李明从广州飞往北京。"
    first, second = PEERS["jieba.posseg"].load()([text, ""])
    assert named(text, first) == [("李明", "nr"), ("广州", "ns"), ("北京", "ns")] and second == []


def test_a_program_that_is_not_installed_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr("bert_mrc_theseus.bench.peer_programs.find_spec", lambda name: None)
    for name, peer in PEERS.items():
        assert peer.missing.startswith(f"{', '.join(peer.modules)} not installed: pip install "), name
        assert peer.paths == []


def test_what_a_program_computes_with_lies_where_it_is_said():
    for peer in PEERS.values():
        if not peer.missing:
            assert peer.paths and all(path.exists() for path in peer.paths)


def test_a_model_is_asked_for_its_names_alone(monkeypatch):
    types = {"names": ("PER.NAM", "TITLE", "GPE.NAM"), "none": ("TITLE",)}
    monkeypatch.setattr(
        "bert_mrc_theseus.bench.peer_programs.load_spec",
        lambda folder: SimpleNamespace(schema=SimpleNamespace(names=types[folder.name])),
    )
    assert types_of_names(Path("models/names")) == ["PER.NAM", "GPE.NAM"]
    with pytest.raises(ModelError, match="none looks for none of PER, LOC, ORG"):
        types_of_names(Path("models/none"))
