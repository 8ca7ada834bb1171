"""More training text: mentions replaced by other names of their type."""

from dataclasses import replace

import numpy as np
from bert_mrc_theseus.preprocess.augment import SHORTEST, Augmenter, augmented, jieba_names, mentions_of
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.strategies import TYPES, documents

NAMES = {"PER": {"欧阳修", "王安石", "约翰·史密斯"}, "LOC": {"桂林", "乌鲁木齐"}}


def outside(document):
    """The text between the entities, and the entities' types and, for those that overlap another, texts."""
    covered = {i for e in document.entities for i in range(e.start, e.end)}
    return "".join(c for i, c in enumerate(document.text) if i not in covered)


@given(documents(), st.integers(0, 99), st.floats(0, 1))
def test_only_mentions_change(document, seed, share):
    changed = Augmenter(NAMES, share, {})(document, np.random.default_rng(seed))
    assert outside(changed) == outside(document)
    assert [e.type for e in changed.entities] == [e.type for e in document.entities]
    for old, new in zip(document.entities, changed.entities, strict=True):
        before, after = document.text_of(old), changed.text_of(new)
        overlapped = any(e != old and e.start < old.end and old.start < e.end for e in document.entities)
        if overlapped or len(before) < SHORTEST or old.type not in NAMES:
            assert after == before
        else:
            assert after == before or after in NAMES[old.type]


@given(documents(nested=False), st.integers(0, 99))
def test_with_share_one_every_mention_is_drawn_anew_and_with_zero_none(document, seed):
    assert Augmenter(NAMES, 0.0, {})(document, np.random.default_rng(seed)) == document
    names = {kind: {"甲乙丙丁戊"} for kind in TYPES}
    changed = Augmenter(names, 1.0, {})(document, np.random.default_rng(seed))
    longer = [len(document.text_of(entity)) >= SHORTEST for entity in document.entities]
    assert [changed.text_of(entity) == "甲乙丙丁戊" for entity in changed.entities] == longer


def test_a_mention_gets_one_name_in_a_document():
    text = "王小明说，王小明不在。"
    document = Document("1", text, (Entity(0, 3, "PER"), Entity(5, 8, "PER")))
    changed = Augmenter({"PER": map(str, range(10, 99))}, 1.0, {})(document, np.random.default_rng(0))
    first, second = (changed.text_of(entity) for entity in changed.entities)
    assert first == second and changed.text == text.replace("王小明", first)


def test_copies_differ_and_follow_the_seed():
    document = Document("1", "王小明在上海。", (Entity(0, 3, "PER"), Entity(4, 6, "LOC")))
    bare = Document("2", "没有名字。")
    augment = Augmenter({"PER": map(str, range(10, 99)), "LOC": map(str, range(10, 99))}, 1.0, {})
    made = list(augmented([document, bare], augment, 3, seed=1))
    assert made[:2] == [document, bare] and [d.id for d in made[2:]] == ["1-copy1", "1-copy2", "1-copy3"]
    assert len({d.text for d in made}) == 5
    assert made == list(augmented([document, bare], augment, 3, seed=1))
    assert made != list(augmented([document, bare], augment, 3, seed=2))


def test_jieba_names_look_like_the_mentions():
    mentions = {"PER": {"张飞", "张三", "张五", "李飞", "陈飞", "王二"}, "TITLE": {"经理"}}
    names = jieba_names(mentions)
    assert names["TITLE"] == set()
    assert names["PER"] and all(name[0] == "张" and name[-1] == "飞" for name in names["PER"])


def test_mentions_are_distinct_and_not_too_short():
    document = Document("1", "中美两国，中国", (Entity(0, 1, "LOC"), Entity(1, 2, "LOC"), Entity(5, 7, "LOC")))
    assert mentions_of([document, replace(document, id="2")]) == {"LOC": {"中国": 2}}


def test_frequent_mentions_are_replaced_less():
    document = Document("1", "王小明在上海。", (Entity(0, 3, "PER"), Entity(4, 6, "LOC")))
    augment = Augmenter({kind: map(str, range(10, 99)) for kind in TYPES}, 0.8, {"LOC": {"上海": 16}})
    made = [augment(document, np.random.default_rng(seed)) for seed in range(400)]
    kept = [sum(d.text_of(d.entities[i]) == document.text_of(document.entities[i]) for d in made) for i in (0, 1)]
    assert abs(kept[0] - 80) < 40 and abs(kept[1] - 320) < 40
