"""The registry of formats: what holds for each of them, and predicted documents in every format."""

import io
import json

import pytest
from bert_mrc_theseus.preprocess.readers.brat import read_brat
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.output.formats import WRITERS, FileFormat
from bert_mrc_theseus.output.write import write_outputs
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.formats import needs_library

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
FILES = [name for name, writer in WRITERS.items() if isinstance(writer, FileFormat)] + ["csv", "tsv"]


@pytest.mark.parametrize("form", FILES)
def test_a_document_is_written_before_the_next_one_is_read(form, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)

    def documents():
        size = 0
        for document in PLAIN:
            yield document
            assert len(stream.getvalue()) > size
            size = len(stream.getvalue())

    write_outputs(documents(), form, None, SCHEMA)


@pytest.mark.parametrize("form", WRITERS)
def test_nothing_is_left_of_a_failed_write(form, tmp_path):
    needs_library(form)

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


HALF = Document("half", "坏\ud83d字", (Entity(0, 1, "LOC"),))
"""What is left of a character that was cut in two, as JSON can hold it; UTF-8 cannot."""


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("form", WRITERS)
def test_a_document_that_cannot_be_written_is_reported_and_the_rest_is_written(form, place, tmp_path):
    needs_library(form)
    errors = []
    write_outputs([*PLAIN[:place], HALF, *PLAIN[place:]], form, tmp_path / "some", SCHEMA, errors.append)
    write_outputs(PLAIN, form, tmp_path / "all", SCHEMA)
    assert [str(error) for error in errors] == ["document 'half' cannot be written: it has U+D83D, half of a character"]
    if form != "brat":
        assert (tmp_path / "some").read_bytes() == (tmp_path / "all").read_bytes()
    else:
        assert {f.name: f.read_bytes() for f in (tmp_path / "some").iterdir()} == {
            f.name: f.read_bytes() for f in (tmp_path / "all").iterdir()
        }


@pytest.mark.parametrize("form", ["conll", "brat", "mrc"])
def test_a_type_that_a_format_cannot_hold_costs_its_document_alone(form, tmp_path):
    errors = []
    documents = [PLAIN[0], Document("odd", "北京", (Entity(0, 2, "A PLACE"),)), PLAIN[1]]
    write_outputs(documents, form, tmp_path / "some", SCHEMA, errors.append)
    write_outputs([documents[0], documents[2]], form, tmp_path / "all", SCHEMA)
    assert len(errors) == 1 and "A PLACE" in str(errors[0])
    if form != "brat":
        assert (tmp_path / "some").read_bytes() == (tmp_path / "all").read_bytes()


ESCAPES = Document("e", "\x1b]0;pwn\x07北京\t\r\x9b31m\x08", (Entity(8, 10, "LOC"),))


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("form", FILES)
def test_a_terminal_is_not_steered_by_a_text(form, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    write_outputs([ESCAPES], form, None, SCHEMA)
    # Without colours a terminal gets no control character at all; bold and the like are not used.
    assert not set(terminal.getvalue()) & (set(map(chr, (*range(32), *range(0x7F, 0xA0)))) - set("\n\t"))
    if form == "text":
        assert terminal.getvalue().split() == [r"\u001b]0;pwn\u0007[北京|LOC]", r"\u000d\u009b31m\u0008"]


def test_a_terminal_gets_colours_and_a_file_never_does(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    write_outputs([ESCAPES], "text", tmp_path / "out")
    expected = "\x1b]0;pwn\x07[北京|LOC]\t\r\x9b31m\x08\n"
    assert (tmp_path / "out").read_bytes().decode() == expected
    write_outputs(PLAIN[:1], "text", None)
    assert capsys.readouterr().out == "[北京|LOC]0\n"
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    write_outputs(PLAIN[:1], "text", None)
    assert "\x1b[" in terminal.getvalue() and "[北京|LOC]" in terminal.getvalue()


def test_a_list_without_documents_is_a_list(tmp_path):
    for form in ("label-studio", "mrc"):
        write_outputs([], form, tmp_path / form, SCHEMA)
        assert json.loads((tmp_path / form).read_text()) == []


def test_a_brat_folder_that_is_not_ours_is_refused_and_what_people_corrected_too(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_text("thesis")
    with pytest.raises(UserError, match="--overwrite"):
        write_outputs(PLAIN, "brat", out)
    write_outputs(PLAIN, "brat", out, overwrite=True)
    assert (out / "thesis.docx").read_text() == "thesis" and len(list(out.glob("*.ann"))) == 3
    (out / "thesis.docx").unlink()
    write_outputs(PLAIN[:2], "brat", out)
    assert len(list(out.glob("*.ann"))) == 2
    (out / "0.ann").write_text("T1\tLOC 0 1\t北\n")
    with pytest.raises(UserError, match=r"0\.ann, changed"):
        write_outputs(PLAIN, "brat", out)


def test_a_brat_folder_says_which_document_is_which(tmp_path):
    ids = ["a", "a", "a-2", "A", "b.txt:1", "con", "x\0y", "名\udcb1字", "很" * 100 + "1"]
    write_outputs([Document(id, f"{n}") for n, id in enumerate(ids)], "brat", tmp_path / "out")
    names = json.loads((tmp_path / "out" / "document-ids.json").read_text())
    back = {path.stem: path.read_text() for path in (tmp_path / "out").glob("*.txt")}
    assert {names.get(name, name): None for name in back} == dict.fromkeys(ids)
    assert all(ids[int(text)] == names.get(name, name) for name, text in back.items()) and len(back) == len(ids)
