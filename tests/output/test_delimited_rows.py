"""CSV and TSV: rows with entities as JSON, or one a row."""

from bert_mrc_theseus.output.delimited_rows import delimited_head, delimited_rows
from bert_mrc_theseus.tables.columns import Columns, ValueRow
from bert_mrc_theseus.text.documents import Document, Entity

COLUMNS = Columns(("n", "entities", "text", "note"))
ROW = ValueRow(["007", "old", "我在北京", '=1+1 "x"\n'])
DOCUMENT = Document("1", "我在北京", (Entity(0, 1, "PER", 0.5), Entity(2, 4, "LOC", None, "dictionary")), row=ROW)


def test_entities_are_json_in_one_cell():
    assert delimited_head(COLUMNS, ",", False) == "n,text,note,entities\n"
    assert delimited_rows(DOCUMENT, COLUMNS, ",", False) == (
        '007,我在北京,"=1+1 ""x""\n","[{""start"": 0, ""end"": 1, ""type"": ""PER"", ""text"": ""我"", ""score"": 0.5}, '
        '{""start"": 2, ""end"": 4, ""type"": ""LOC"", ""text"": ""北京"", ""source"": ""dictionary""}]"\n'
    )


def test_or_one_a_row():
    assert delimited_head(COLUMNS, "\t", True).split() == [
        *("n", "text", "note"),
        *(f"entity_{name}" for name in ("start", "end", "type", "text", "score", "source")),
    ]
    assert delimited_rows(DOCUMENT, COLUMNS, "\t", True) == (
        '007\t我在北京\t"=1+1 ""x""\n"\t0\t1\tPER\t我\t0.5\t\n007\t我在北京\t"=1+1 ""x""\n"\t2\t4\tLOC\t北京\t\tdictionary\n'
    )
    assert delimited_rows(Document("2", "x", row=ROW), COLUMNS, "\t", True) == ""


def test_values_of_json_are_json():
    columns, row = Columns(("text", "a", "b", "c")), ValueRow(["x", None, 1.5, {"k": [True]}])
    assert delimited_rows(Document("1", "x", row=row), columns, ",", False) == 'x,,1.5,"{""k"": [true]}",[]\n'
