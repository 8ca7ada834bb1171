"""`dataset.map(extractor.map_batch, batched=True)` with the real library."""

import pytest

from bert_mrc_theseus import Extractor

datasets = pytest.importorskip("datasets", reason="the extra datasets is not installed")

TEXTS = ["明天降温。", "请多穿衣服。", "程晓光从广州飞往大连。", "", "沈维钧老师在新竹演出。", "今天放假。"]


@pytest.fixture(scope="module")
def extractor():
    with Extractor.load() as loaded:
        yield loaded


@pytest.fixture
def data():
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["a", "b"]), "n": datasets.Value("int8")}
    )
    rows = {"text": TEXTS, "label": [0, 1] * 3, "n": list(range(6))}
    return datasets.Dataset.from_dict(rows, features)


def found_by(extractor):
    return [[(e.text, e.type, e.start, e.end) for e in entities] for entities in extractor(TEXTS)]


def found_in(data):
    return [[(e["text"], e["type"], e["start"], e["end"]) for e in entities] for entities in data["entities"]]


def test_processes_give_what_the_extractor_gives(extractor, data):
    done = data.map(extractor.map_batch, batched=True, num_proc=2)
    assert found_in(done) == found_by(extractor)
    assert done["text"] == TEXTS and done.features["label"].names == ["a", "b"]


def test_batches_without_entities_do_not_decide_the_columns_type(extractor, data):
    done = data.map(extractor.map_batch, batched=True, batch_size=1, writer_batch_size=1)
    assert found_in(done) == found_by(extractor)
    empty = data.select([0, 1]).map(extractor.map_batch, batched=True)
    assert empty.features == done.features and found_in(empty) == [[], []]


def test_equal_calls_have_equal_fingerprints(extractor, data):
    of_all, again = (data.map(extractor.map_batch, batched=True) for _ in range(2))
    with Extractor.load(types=["LOC"]) as other:
        of_places = data.map(other.map_batch, batched=True)
    assert of_all._fingerprint == again._fingerprint != of_places._fingerprint
    assert {e["type"] for entities in of_places["entities"] for e in entities} == {"LOC"}


def test_another_column(extractor, data):
    renamed = data.rename_column("text", "content")
    options = {"column": "content", "into": "found"}
    done = renamed.map(extractor.map_batch, batched=True, fn_kwargs=options, remove_columns=["content"])
    assert done.column_names == ["label", "n", "found"] and [len(e) for e in done["found"]] == [
        len(e) for e in found_by(extractor)
    ]
