"""The registry of formats: what holds for each of them."""

import io

import pytest

from bert_mrc_theseus.output.write import WRITERS, FileFormat, write_outputs
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema

SCHEMA = Schema((EntityType("LOC", "地名"),))
DOCUMENTS = [Document(f"{i}", f"北京{i}", (Entity(0, 2, "LOC"),)) for i in range(3)]
FILES = [name for name, writer in WRITERS.items() if isinstance(writer, FileFormat)]


@pytest.mark.parametrize("form", FILES)
def test_a_document_is_written_before_the_next_one_is_read(form):
    stream = io.StringIO()

    def documents():
        size = 0
        for document in DOCUMENTS:
            yield document
            assert len(stream.getvalue()) > size
            size = len(stream.getvalue())

    WRITERS[form].write(stream, documents(), SCHEMA)


@pytest.mark.parametrize("form", WRITERS)
def test_nothing_is_left_of_a_failed_write(form, tmp_path):
    def broken():
        yield DOCUMENTS[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_outputs(broken(), form, tmp_path / "out", SCHEMA)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FILES)
def test_standard_output_gets_what_a_file_gets(form, tmp_path, capsys):
    write_outputs(DOCUMENTS, form, tmp_path / "out", SCHEMA)
    write_outputs(DOCUMENTS, form, None, SCHEMA)
    assert capsys.readouterr().out == (tmp_path / "out").read_text(encoding="utf-8")


def test_the_legend_of_html_has_the_types_of_the_schema(tmp_path):
    write_outputs([], "html", tmp_path / "out", SCHEMA)
    assert "LOC" in (tmp_path / "out").read_text(encoding="utf-8")
