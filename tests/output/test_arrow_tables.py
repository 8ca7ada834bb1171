"""Parquet and Arrow files: cells of every type untouched, with entities."""

import io

import pytest

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.output import arrow_tables
from bert_mrc_theseus.output.arrow_tables import write_arrow
from bert_mrc_theseus.tables.arrow_files import ArrowRow
from bert_mrc_theseus.tables.arrow_values import json_value
from bert_mrc_theseus.tables.columns import Columns, ValueRow
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.tables import TEXTS, odd_table, read_table

pa = pytest.importorskip("pyarrow", reason="the extra [tables]")

ENTITY = {"start": 0, "end": 1, "type": "LOC", "text": "程", "score": 0.9877, "source": None}
FOUND = ((Entity(0, 1, "LOC", 0.98765), Entity(1, 3, "PER", None, "dictionary")), (), (), (Entity(0, 2, "LOC"),), ())


def cells(table, name):
    # Python has no nanoseconds.
    return [json_value(cell) for cell in table.column(name)]


def documents_of(table, rows=None, size=3):
    """A document for each row of a table, or for those of some numbers; its batches have so many rows."""
    batches = table.to_batches(max_chunksize=size)
    everything = [ArrowRow(batch, number) for batch in batches for number in range(batch.num_rows)]
    for number in range(len(everything)) if rows is None else rows:
        yield Document(f"{number}", TEXTS[number] or "", FOUND[number], row=everything[number])


def written(tmp_path, kind, documents, schema, entity_rows=False):
    path = tmp_path / f"out.{kind}"
    with open(path, "wb") as stream:
        write_arrow(stream, documents, kind, Columns(tuple(schema.names), schema), entity_rows)
    return read_table(path)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("largest", [1, 2**24])
def test_columns_come_through_as_they_were(tmp_path, kind, largest, monkeypatch):
    monkeypatch.setattr(arrow_tables, "LARGEST", largest)
    table = odd_table()
    out = written(tmp_path, kind, documents_of(table), table.schema)
    assert out.schema.names == [*table.schema.names, "entities"] and out.schema.metadata == table.schema.metadata
    for field in table.schema:
        assert out.schema.field(field.name).equals(field)
        assert out.schema.field(field.name).metadata[b"note"] == field.name.encode()
        assert cells(out, field.name) == cells(table, field.name)
    other = {"start": 1, "end": 3, "type": "PER", "text": "晓光", "score": None, "source": "dictionary"}
    assert out.column("entities").to_pylist()[:3] == [[ENTITY, other], [], []]


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_one_entity_a_row(tmp_path, kind):
    table = odd_table()
    out = written(tmp_path, kind, documents_of(table), table.schema, entity_rows=True)
    assert out.column("k").to_pylist() == [1, 1, 4] and out.column("content").to_pylist() == [TEXTS[0]] * 2 + [TEXTS[3]]
    assert out.column("view").to_pylist() == ["x"] * 3 and out.column("category").to_pylist() == ["a", "a", None]
    assert {name: out.column(f"entity_{name}")[0].as_py() for name in ENTITY} == ENTITY


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_rows_that_are_left_out_leave_the_others_as_they_are(tmp_path, kind):
    table = odd_table()
    out = written(tmp_path, kind, documents_of(table, [0, 2, 3]), table.schema)
    for name in table.schema.names:
        assert cells(out, name) == [cells(table, name)[number] for number in (0, 2, 3)]


def test_a_column_of_earlier_entities_is_replaced_and_others_may_have_one_name(tmp_path):
    table = pa.table(
        [pa.array(TEXTS), pa.array(["old"] * 5), pa.array([1] * 5), pa.array([2] * 5)],
        names=["text", "entities", "d", "d"],
    )
    out = written(tmp_path, "parquet", documents_of(table), table.schema)
    assert out.schema.names == ["text", "d", "d", "entities"]
    assert out.column(3).to_pylist()[0][0] == ENTITY


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_table_without_rows_has_its_columns(tmp_path, kind):
    schema = odd_table().schema
    out = written(tmp_path, kind, [], schema)
    assert out.num_rows == 0 and out.schema.names == [*schema.names, "entities"]


def test_dictionaries_that_change_grow_in_an_arrow_file(tmp_path, monkeypatch):
    monkeypatch.setattr(arrow_tables, "LARGEST", 1)
    kind = pa.dictionary(pa.int8(), pa.string(), ordered=True)
    schema = pa.schema([("text", pa.string()), ("d", kind)])
    cells = [["a", "b"], ["b", None, "c"], ["c", "a"]]
    documents = []
    for values in cells:
        batch = pa.record_batch(
            [pa.array(["x"] * len(values)), pa.array(values).dictionary_encode().cast(kind)], schema=schema
        )
        documents += [Document("", "x", row=ArrowRow(batch, number)) for number in range(len(values))]
    out = written(tmp_path, "arrow", documents, schema)
    assert out.column("d").to_pylist() == [value for values in cells for value in values]
    assert out.schema.field("d").type == kind


def test_large_texts_with_many_entities_are_not_held_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(arrow_tables, "LARGEST", 2**20)
    text = "北京" * 50_000
    schema = pa.schema([("text", pa.string())])
    batch = pa.record_batch([pa.array([text])], schema=schema)
    entities = tuple(Entity(start, start + 2, "LOC") for start in range(0, 200, 2))
    before = pa.total_allocated_bytes()
    collected = list(arrow_tables._collected([Document("", text, entities, row=ArrowRow(batch, 0))], True))
    assert sum(map(len, collected)) == 100 and max(map(len, collected)) <= 4
    assert pa.total_allocated_bytes() == before


def test_values_of_no_table(tmp_path):
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    documents = [Document("1", "北京", row=ValueRow(["1", "北京"])), Document("2", "", row=ValueRow([None, ""]))]
    out = written(tmp_path, "parquet", documents, schema)
    assert out.column("id").to_pylist() == ["1", None] and out.column("entities").to_pylist() == [[], []]


def test_what_a_format_cannot_hold_is_said(tmp_path):
    schema = pa.schema([("text", pa.string()), ("i", pa.month_day_nano_interval())])
    with pytest.raises(UserError, match=r"parquet cannot hold these columns: .*interval"):
        written(tmp_path, "parquet", [], schema)
    assert written(tmp_path, "arrow", [], schema).schema.names == ["text", "i", "entities"]


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_what_was_given_up_never_looks_whole(kind, monkeypatch):
    monkeypatch.setattr(arrow_tables, "LARGEST", 1)

    def documents():
        yield from documents_of(odd_table())
        raise RuntimeError

    schema = odd_table().schema
    stream = io.BytesIO()
    with pytest.raises(RuntimeError):
        write_arrow(stream, documents(), kind, Columns(tuple(schema.names), schema), False)
    assert len(stream.getvalue()) > 1000 and not stream.getvalue().endswith((b"PAR1", b"ARROW1"))
