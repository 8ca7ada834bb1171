"""What a writer writes, its reader reads back: the formats that `predict --format` offers."""

import json

import pytest
from bert_mrc_theseus.preprocess.readers.formats import READERS, reader_of
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.output.annotation_tools import label_studio_task
from bert_mrc_theseus.output.columns import column_lines
from bert_mrc_theseus.output.formats import WRITERS
from bert_mrc_theseus.output.write import write_outputs
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema
from bert_mrc_theseus.text.tags import SCHEMES
from tests.helpers.folders import new_folder
from tests.helpers.formats import needs_library
from tests.helpers.strategies import CHARACTERS, TYPES, documents
from tests.helpers.stress import under_stress

SCHEMA = Schema(tuple(EntityType(name, f"{name}?") for name in TYPES))
READER = {name: name for name in WRITERS if name in READERS} | {"conll": "columns"}
"""Reader of each written format; text and html are for people."""

ANY = documents(characters=st.one_of(CHARACTERS, st.sampled_from("\r\n")))


def read(path, name):
    report = ReadReport()
    found = list(reader_of(name)(path, report))
    assert report.counts().keys() <= {"blank_tokens"}
    return [(document.text, document.entities) for document in found]


def plain(items):
    return [(document.text, document.entities) for document in items]


def accept_predictions(path):
    """What Label Studio does when a person accepts all predictions of a task."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    accepted = [{"data": task["data"], "annotations": task["predictions"]} for task in tasks]
    path.write_text(json.dumps(accepted), encoding="utf-8")


def test_every_format_has_a_reader_or_is_for_people():
    assert set(READER) == set(WRITERS) - {"text", "html"}


@given(st.lists(documents(nested=False), min_size=1, max_size=3))
def test_flat_entities_survive_columns(tmp_path_factory, items):
    path = new_folder(tmp_path_factory) / "file"
    assert write_outputs(items, "conll", path) == 0
    assert read(path, READER["conll"]) == plain(items)


@given(st.lists(documents(nested=False), min_size=1, max_size=3), st.sampled_from(list(SCHEMES)))
def test_flat_entities_survive_columns_of_every_scheme(tmp_path_factory, items, scheme):
    path = new_folder(tmp_path_factory) / "file"
    written = [column_lines(document, scheme) for document in items]
    path.write_bytes("".join(lines for lines, _ in written).encode())
    assert not any(dropped for _, dropped in written)
    assert read(path, "columns") == plain(items)


@given(st.lists(documents(), min_size=1, max_size=3))
def test_nested_entities_that_columns_drop_are_counted(tmp_path_factory, items):
    path = new_folder(tmp_path_factory) / "file"
    dropped = write_outputs(items, "conll", path)
    back = read(path, READER["conll"])
    assert [text for text, _ in back] == [document.text for document in items]
    assert sum(len(d.entities) for d in items) - sum(len(entities) for _, entities in back) == dropped


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "tsv"])
@settings(max_examples=under_stress(30, 5000))
@given(items=st.lists(ANY, max_size=3))
def test_tables_carry_everything(tmp_path_factory, form, items):
    needs_library(form)
    path = new_folder(tmp_path_factory) / "file"
    assert write_outputs(items, form, path) == 0
    assert read(path, READER[form]) == plain(items)


@pytest.mark.parametrize("form", ["jsonl", "doccano", "label-studio", "mrc"])
@given(items=st.lists(ANY, max_size=3))
def test_json_formats_carry_everything(tmp_path_factory, form, items):
    path = new_folder(tmp_path_factory) / "file"
    assert write_outputs(items, form, path, SCHEMA) == 0
    if form == "label-studio":
        accept_predictions(path)
    assert read(path, READER[form]) == plain(items)


@given(items=st.lists(ANY, max_size=3))
def test_annotated_label_studio_tasks_carry_everything(tmp_path_factory, items):
    path = new_folder(tmp_path_factory) / "file"
    path.write_text(json.dumps([label_studio_task(document) for document in items]), encoding="utf-8")
    assert read(path, "label-studio") == plain(items)


@example([Document("a", "\t", (Entity(0, 1, "PER"),))])
@given(st.lists(ANY, min_size=1, max_size=3))
def test_brat_carries_everything(tmp_path_factory, items):
    folder = new_folder(tmp_path_factory) / "out"
    named = [Document(f"{i}", d.text, d.entities) for i, d in enumerate(items)]
    assert write_outputs(named, "brat", folder) == 0
    assert read(folder, READER["brat"]) == plain(named)


def test_brat_finds_a_file_name_for_every_document(tmp_path):
    ids = ["../a/b.txt:1", "x", "x", "", "..", "很长" * 100]
    write_outputs([Document(i, "好") for i in ids], "brat", tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*.txt"))) == len(ids)
    assert {"a_b.txt_1.txt", "x.txt", "x-2.txt", "document.txt"} < {path.name for path in (tmp_path / "out").iterdir()}


def test_mrc_refuses_a_type_without_query(tmp_path):
    with pytest.raises(DataError, match="queries lack: X"):
        write_outputs([Document("a", "好", (Entity(0, 1, "X"),))], "mrc", tmp_path / "file", SCHEMA)
    with pytest.raises(UserError, match="mrc needs a schema"):
        write_outputs([], "mrc", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
