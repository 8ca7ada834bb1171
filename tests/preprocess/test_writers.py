"""What a writer writes, its reader reads back."""

import pytest
from bert_mrc_theseus.preprocess import writers
from bert_mrc_theseus.preprocess.readers.formats import reader_of
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from hypothesis import example, given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema
from bert_mrc_theseus.text.tags import SCHEMES
from tests.helpers.strategies import CHARACTERS, TYPES, documents

SCHEMA = Schema(tuple(EntityType(name, f"{name}?") for name in TYPES))


def read(path, name):
    report = ReadReport()
    found = list(reader_of(name)(path, report))
    assert report.counts().keys() <= {"blank_tokens"}
    return [(document.text, document.entities) for document in found]


def plain(items):
    return [(document.text, document.entities) for document in items]


@given(st.lists(documents(nested=False), min_size=1, max_size=3), st.sampled_from(list(SCHEMES)))
def test_flat_entities_survive_columns(tmp_path_factory, items, scheme):
    path = tmp_path_factory.mktemp("columns") / "file"
    assert writers.write_columns(path, items, scheme) == 0
    assert read(path, "columns") == plain(items)


@given(st.lists(documents(), min_size=1, max_size=3))
def test_nested_entities_that_columns_drop_are_counted(tmp_path_factory, items):
    path = tmp_path_factory.mktemp("columns") / "file"
    dropped = writers.write_columns(path, items)
    back = read(path, "columns")
    assert [text for text, _ in back] == [document.text for document in items]
    assert sum(len(d.entities) for d in items) - sum(len(entities) for _, entities in back) == dropped


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (writers.write_interchange, "jsonl"),
        (writers.write_doccano, "doccano"),
        (writers.write_label_studio, "label-studio"),
    ],
)
@given(items=st.lists(documents(characters=st.one_of(CHARACTERS, st.sampled_from("\r\n"))), max_size=3))
def test_json_formats_carry_everything(tmp_path_factory, write, name, items):
    path = tmp_path_factory.mktemp("json") / "file"
    assert write(path, items) == 0
    assert read(path, name) == plain(items)


@example([Document("a", "\t", (Entity(0, 1, "PER"),))])
@given(st.lists(documents(characters=st.one_of(CHARACTERS, st.sampled_from("\r\n"))), min_size=1, max_size=3))
def test_brat_carries_everything(tmp_path_factory, items):
    folder = tmp_path_factory.mktemp("brat") / "out"
    named = [Document(f"{i}", d.text, d.entities) for i, d in enumerate(items)]
    writers.write_brat_folder(folder, named)
    assert read(folder, "brat") == plain(named)


def test_brat_finds_a_file_name_for_every_document(tmp_path):
    ids = ["../a/b.txt:1", "x", "x", "", "..", "很长" * 100]
    writers.write_brat_folder(tmp_path / "out", [Document(i, "好") for i in ids])
    assert len(list((tmp_path / "out").glob("*.txt"))) == len(ids)
    assert {"a_b.txt:1.txt", "x.txt", "x-2.txt", "document.txt"} < {path.name for path in (tmp_path / "out").iterdir()}


@given(st.lists(documents(), min_size=1, max_size=3))
def test_mrc_carries_nested_entities(tmp_path_factory, items):
    path = tmp_path_factory.mktemp("mrc") / "file.json"
    writers.write_mrc(path, items, SCHEMA)
    assert read(path, "mrc") == plain(items)


def test_mrc_refuses_a_type_without_query(tmp_path):
    with pytest.raises(DataError, match="queries lack: X"):
        writers.write_mrc(tmp_path / "file", [Document("a", "好", (Entity(0, 1, "X"),))], SCHEMA)
