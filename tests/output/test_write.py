"""The registry of formats: what holds for each of them, and predicted documents in every format."""

import io
import json

import pytest
from bert_mrc_theseus.preprocess.readers.brat import read_brat
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.output.write import WRITERS, FileFormat, write_outputs
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema

DOCUMENTS = [
    Document(
        "a.txt:1",
        "[red]王明[/]在北京大学",
        (Entity(5, 7, "PER", 0.91234), Entity(11, 13, "LOC"), Entity(11, 15, "ORG")),
    ),
    Document("a.txt:2", ""),
]


def test_jsonl_has_text_type_place_and_score(tmp_path):
    assert write_outputs(DOCUMENTS, "jsonl", tmp_path / "out.jsonl") == 0
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["entities"][0] == {"start": 5, "end": 7, "type": "PER", "text": "王明", "score": 0.9123}
    assert [line["id"] for line in lines] == ["a.txt:1", "a.txt:2"] and lines[1]["entities"] == []


def test_conll_counts_what_it_drops(tmp_path):
    assert write_outputs(DOCUMENTS, "conll", tmp_path / "out.tsv") == 1
    text = (tmp_path / "out.tsv").read_text(encoding="utf-8")
    assert "王\tB-PER\n明\tI-PER\n" in text and "北\tB-ORG\n京\tI-ORG\n" in text and text.endswith("\n\n\n")


def test_text_is_never_read_as_markup(capsys):
    assert write_outputs(DOCUMENTS, "text", None) == 1
    assert capsys.readouterr().out.splitlines() == ["[red][王明|PER][/]在[北京大学|ORG]", ""]


def test_brat_is_a_folder_that_can_be_read_back(tmp_path):
    write_outputs(DOCUMENTS, "brat", tmp_path / "out")
    found = list(read_brat(tmp_path / "out", ReadReport()))
    assert [(d.text, d.entities) for d in found] == [(d.text, d.entities) for d in DOCUMENTS]
    with pytest.raises(UserError, match="-o FOLDER"):
        write_outputs(DOCUMENTS, "brat", None)


def test_an_unknown_format():
    with pytest.raises(UserError, match="one of jsonl, conll, brat, text"):
        write_outputs(DOCUMENTS, "xml", None)


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    def broken():
        yield DOCUMENTS[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_outputs(broken(), "jsonl", tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []


SCHEMA = Schema((EntityType("LOC", "地名"),))
PLAIN = [Document(f"{i}", f"北京{i}", (Entity(0, 2, "LOC"),)) for i in range(3)]
FILES = [name for name, writer in WRITERS.items() if isinstance(writer, FileFormat)]


@pytest.mark.parametrize("form", FILES)
def test_a_document_is_written_before_the_next_one_is_read(form):
    stream = io.StringIO()

    def documents():
        size = 0
        for document in PLAIN:
            yield document
            assert len(stream.getvalue()) > size
            size = len(stream.getvalue())

    WRITERS[form].write(stream, documents(), SCHEMA)


@pytest.mark.parametrize("form", WRITERS)
def test_nothing_is_left_of_a_failed_write(form, tmp_path):
    def broken():
        yield PLAIN[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_outputs(broken(), form, tmp_path / "out", SCHEMA)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FILES)
def test_standard_output_gets_what_a_file_gets(form, tmp_path, capsys):
    write_outputs(PLAIN, form, tmp_path / "out", SCHEMA)
    write_outputs(PLAIN, form, None, SCHEMA)
    assert capsys.readouterr().out == (tmp_path / "out").read_text(encoding="utf-8")


def test_the_legend_of_html_has_the_types_of_the_schema(tmp_path):
    write_outputs([], "html", tmp_path / "out", SCHEMA)
    assert "LOC" in (tmp_path / "out").read_text(encoding="utf-8")
