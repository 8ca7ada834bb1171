"""Tables as corpora."""

import json

import pytest
from bert_mrc_theseus.preprocess.readers.formats import check_options, reader_of
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from bert_mrc_theseus.preprocess.readers.sources import ReadOptions

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.text.documents import Entity
from tests.helpers.tables import write_table

ROWS = [
    {"id": 7, "body": "我在北京", "entities": [{"start": 2, "end": 4, "type": "LOC"}], "source": "a"},
    {"id": 8, "body": "没有", "entities": [], "source": None},
    {"id": 9, "body": "没人看过", "entities": None, "source": "b"},
    {"id": 10, "body": None, "entities": [], "source": "c"},
    {"id": 11, "body": "坏", "entities": [{"start": 0, "end": 9, "type": "LOC"}], "source": "d"},
]


def write(path, rows):
    if path.suffix == ".parquet":
        pa = pytest.importorskip("pyarrow", reason="the extra [tables]")
        write_table(pa.Table.from_pylist(rows), path)
        return
    import csv

    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        for row in rows:
            entities = "" if row["entities"] is None else json.dumps(row["entities"])
            writer.writerow({**row, "entities": entities})


def read(path, strict=False, **options):
    report = ReadReport(strict=strict)
    return list(reader_of(path.suffix[1:])(path, report, ReadOptions(**options))), report


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_texts_and_entities_are_documents(tmp_path, name):
    path = tmp_path / name
    write(path, ROWS)
    documents, report = read(path, text_field="body")
    one = (Entity(2, 4, "LOC"),)
    assert [(d.text, d.entities) for d in documents] == [("我在北京", one), ("没有", ()), ("", ())]
    assert [d.id for d in documents] == ([7, 8, 10] if name == "a.parquet" else ["7", "8", "10"])
    assert documents[0].rest == {"source": "a"}
    # Rows of Parquet are counted, and lines of CSV, of which the first is the header.
    assert report.unannotated == 1 and report.errors[0].startswith(f"{path}:{5 if name == 'a.parquet' else 6}: ")
    assert report.missing_texts == (1 if name == "a.parquet" else 0) and report.skipped == 1


def test_what_is_no_corpus(tmp_path):
    path = tmp_path / "a.csv"
    for rows, problem in (
        ("text\n好\n", "no column 'entities'"),
        ("entities,body\n[],好\n", "no column 'text'"),
        ("text,entities,entities\n", "2 columns are called 'entities'"),
        ('text,entities\n好,"[{"\n', "not JSON"),
        ("text,entities\n好,[5]\n", "an entity needs"),
        ("text,entities,id,id\n", "two columns are called 'id'"),
    ):
        path.write_text(rows, encoding="utf-8")
        with pytest.raises(DataError, match=f"a.csv.*{problem}"):
            read(path, strict=True)


def test_options():
    check_options("parquet", ReadOptions(text_field="body", id_field="k"))
    check_options("csv", ReadOptions(encoding="gb18030"))
    for name, options in (("parquet", ReadOptions(encoding="gb18030")), ("columns", ReadOptions(id_field="k"))):
        with pytest.raises(UsageError, match=name):
            check_options(name, options)


def test_ids_of_another_column(tmp_path):
    (tmp_path / "a.csv").write_text("text,entities,k\n好,[],x\n", encoding="utf-8")
    documents, _ = read(tmp_path / "a.csv", id_field="k")
    assert [(document.id, dict(document.rest)) for document in documents] == [("x", {})]
