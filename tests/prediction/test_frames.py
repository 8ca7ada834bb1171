"""Data frames, and batches of datasets: a column of texts gets a column of entities."""

import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.errors import UsageError

pandas = pytest.importorskip("pandas", reason="the extra pandas is not installed")
polars = pytest.importorskip("polars", reason="the extra polars is not installed")

TEXTS = ["程晓光从广州飞往大连。", None, "", "明天降温。", "沈维钧老师在新竹演出。"]


@pytest.fixture(scope="module")
def extractor():
    with Extractor.load() as loaded:
        yield loaded


@pytest.fixture(scope="module")
def expected(extractor):
    """What the extractor finds in each text, as dicts."""
    found = extractor([text or "" for text in TEXTS])
    assert any(found) and found[1] == found[2] == []
    fields = ("text", "type", "start", "end", "score")
    return [[{name: getattr(entity, name) for name in fields} for entity in entities] for entities in found]


def test_pandas_gets_a_column(extractor, expected):
    frame = pandas.DataFrame({"n": range(5), "content": TEXTS}, index=list("edcba"))
    with pytest.warns(UserWarning, match="'content': 1 of 5 texts are missing"):
        done = extractor.frame(frame, "content", into="found")
    assert list(done["found"]) == expected
    assert list(done.columns) == ["n", "content", "found"] and list(done.index) == list("edcba")
    assert list(frame.columns) == ["n", "content"]


@pytest.mark.parametrize("kind", ["object", "string", "category"])
@pytest.mark.parametrize("missing", [None, float("nan"), pandas.NA], ids=str)
def test_every_missing_value_of_pandas_is_empty(extractor, kind, missing):
    frame = pandas.DataFrame({"text": pandas.Series(["广州", missing], dtype=kind)})
    with pytest.warns(UserWarning, match="1 of 2"):
        assert extractor.frame(frame)["entities"][1] == []


def test_polars_gets_a_column_of_structs(extractor, expected):
    frame = polars.DataFrame({"n": range(5), "text": TEXTS})
    with pytest.warns(UserWarning, match="1 of 5"):
        done = extractor.frame(frame)
    assert done["entities"].to_list() == expected
    assert done["text"].to_list() == TEXTS and frame.columns == ["n", "text"]
    assert done.explode("entities").drop_nulls("entities").unnest("entities", separator=".").height == sum(
        map(len, expected)
    )


def test_frames_without_entities_have_the_same_schema(extractor):
    schemas = [
        extractor.frame(polars.DataFrame({"text": texts}, {"text": polars.String})).schema
        for texts in ([], ["的"], ["广州"])
    ]
    assert schemas[0] == schemas[1] == schemas[2]
    assert list(extractor.frame(pandas.DataFrame({"text": []}))["entities"]) == []


@pytest.mark.parametrize("make", [pandas.DataFrame, polars.DataFrame])
def test_columns_that_are_not_there_or_would_be_lost(extractor, make):
    with pytest.raises(UsageError, match="no column 'txt'; its columns are 'text', 'entities'"):
        extractor.frame(make({"text": ["广州"], "entities": [1]}), "txt")
    with pytest.raises(UsageError, match="'entities' already"):
        extractor.frame(make({"text": ["广州"], "entities": [1]}))
    with pytest.raises(TypeError, match=r"text 0, counted from 0, is no str\. Received: 7"):
        extractor.frame(make({"text": [7, 8]}))
    with pytest.raises(UsageError, match="2 columns 'text'"):
        extractor.frame(pandas.DataFrame([["a", "b"]], columns=["text", "text"]))


@pytest.mark.parametrize("value", [[], {"text": ["广州"]}, polars.DataFrame({"text": ["广州"]}).lazy()])
def test_what_is_no_frame(extractor, value):
    with pytest.raises(TypeError, match=f"pandas or Polars. Received: {type(value).__name__}"):
        extractor.frame(value)


def test_a_batch_of_columns(extractor, expected):
    with pytest.warns(UserWarning, match="1 of 5"):
        assert extractor.map_batch({"content": TEXTS}, column="content", into="found") == {"found": expected}
