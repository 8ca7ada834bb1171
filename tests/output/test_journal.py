"""An output that is begun, interrupted, and goes on."""

import errno
import os

import pytest

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.output import journal as journal_module
from bert_mrc_theseus.output.formats import WRITERS, FileFormat
from bert_mrc_theseus.output.journal import Journal
from bert_mrc_theseus.output.write import check_outputs, write_outputs
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema

SCHEMA = Schema((EntityType("LOC", "地名"), EntityType("ORG", "机构")))
DOCUMENTS = [Document(f"{n}", f"\ufeff北京大学{n}", (Entity(1, 3, "LOC"), Entity(1, 5, "ORG"))) for n in range(6)]
DOCUMENTS.insert(2, Document("half", "\ud800"))
FORMS = [name for name, writer in WRITERS.items() if isinstance(writer, FileFormat)] + ["csv", "tsv"]


class Killed(BaseException):
    pass


def write(form, out, documents, journal):
    return write_outputs(documents, form, out, SCHEMA, lambda error: None, journal=journal)


@pytest.mark.parametrize("torn", [0, 7])
@pytest.mark.parametrize("stop", [0, 1, 3, len(DOCUMENTS)])
@pytest.mark.parametrize("form", FORMS)
def test_an_interrupted_output_goes_on_to_the_same_bytes(form, stop, torn, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "SECONDS", 0)
    whole, out = tmp_path / "whole", tmp_path / "out"
    lost = write_outputs(DOCUMENTS, form, whole, SCHEMA, lambda error: None)

    def interrupted():
        yield from DOCUMENTS[:stop]
        raise Killed

    with pytest.raises(Killed), Journal(out, {"inputs": "a"}) as journal:
        write(form, out, interrupted(), journal)
    assert not out.exists()
    if torn and (tmp_path / "out.journal").exists():
        # What a kill in the middle of a write leaves: more, or less, than the last line says.
        with open(tmp_path / "out.partial", "ab") as stream:
            stream.write(b"\xe5" * torn)
        with open(tmp_path / "out.journal", "ab") as stream:
            stream.write(b'{"bytes": 12'[:torn])
    with Journal(out, {"inputs": "a"}) as journal:
        assert journal.counts["documents"] == stop
        assert write(form, out, DOCUMENTS[stop:], journal) == lost
    assert out.read_bytes() == whole.read_bytes() and sorted(os.listdir(tmp_path)) == ["out", "whole"]


def test_a_shorter_beginning_than_the_journal_says_is_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "SECONDS", 0)
    out, whole = tmp_path / "out", tmp_path / "whole"
    write_outputs(DOCUMENTS[:2], "jsonl", whole)
    with Journal(out, {}) as journal:
        journal.begin("")
        for line in whole.read_text(encoding="utf-8").splitlines(keepends=True):
            journal.add(line, written=1)
    os.truncate(tmp_path / "out.partial", whole.stat().st_size - 1)
    with Journal(out, {}) as journal:
        assert journal.counts["documents"] == 1
        write("jsonl", out, DOCUMENTS[1:2], journal)
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("renamed", [True, False])
def test_killed_at_the_very_end(tmp_path, monkeypatch, renamed):
    out = tmp_path / "out"
    with monkeypatch.context() as patch, pytest.raises(Killed), Journal(out, {}) as journal:
        journal.begin("[")

        def killed(*arguments):
            raise Killed

        patch.setattr("pathlib.Path.unlink" if renamed else "os.replace", killed)
        journal.finish("]")
    assert out.exists() == renamed
    with Journal(out, {}) as journal:
        assert journal.begun
        journal.finish("]")
    assert out.read_text() == "[]" and os.listdir(tmp_path) == ["out"]


def test_an_output_that_was_removed_is_written_again(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with pytest.raises(Killed), Journal(out, {}) as journal:
        journal.begin("[")
        monkeypatch.setattr("pathlib.Path.unlink", lambda path: kill())
        journal.finish("]")
    monkeypatch.undo()
    out.unlink()
    with Journal(out, {}) as journal:
        assert not journal.begun
        journal.begin("[")
        journal.finish("]")
    assert out.read_text() == "[]"


def kill():
    raise Killed


def test_what_it_depends_on_must_be_the_same(tmp_path):
    out = tmp_path / "out"
    with Journal(out, {"inputs": "a", "threshold": None}) as journal:
        journal.begin("")
    with pytest.raises(UserError, match=r"begun with other threshold, engine: go on with the same, or remove"):
        Journal(out, {"inputs": "a", "threshold": 0.5, "engine": "onnx"})
    with pytest.raises(UserError, match="is not complete: go on with --resume"):
        Journal.refuse_unfinished(out)
    with Journal(out, {"inputs": "a", "threshold": None}) as journal, pytest.raises(UserError, match="another command"):
        Journal(out, {"inputs": "a", "threshold": None})


def test_an_output_that_takes_no_journal(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for out in (None, tmp_path, tmp_path / "fifo", tmp_path / "a.gz", tmp_path / ("x" * 250)):
        with pytest.raises(UserError):
            Journal.check(out)
    assert os.listdir(tmp_path) == ["fifo"]


def test_what_is_unfinished_is_no_output_of_another(tmp_path):
    with Journal(tmp_path / "out.csv", {}) as journal:
        journal.begin("head")
    for name in ("out.csv.partial", "out.csv.journal"):
        for resumable in (False, True):
            with pytest.raises(UserError, match=f"{name} belongs to .*out.csv, which was begun with --resume"):
                check_outputs("csv", tmp_path / name, resumable=resumable)
    assert (tmp_path / "out.csv.partial").read_text() == "head"
    with Journal(tmp_path / "out.csv", {}) as journal:
        journal.finish("")
    check_outputs("csv", tmp_path / "out.csv.partial")


def test_a_file_of_another_is_not_taken_for_what_is_unfinished(tmp_path):
    (tmp_path / "out.partial").write_text("mine")
    with pytest.raises(UserError, match=r"out\.partial is in the way"):
        check_outputs("jsonl", tmp_path / "out", resumable=True)
    assert (tmp_path / "out.partial").read_text() == "mine"


def test_nothing_is_left_of_one_that_was_not_begun(tmp_path):
    with pytest.raises(Killed), Journal(tmp_path / "out", {}):
        raise Killed
    assert os.listdir(tmp_path) == []


def test_it_keeps_links_and_permissions(tmp_path):
    (tmp_path / "target").touch(0o600)
    (tmp_path / "out").symlink_to("target")
    with Journal(tmp_path / "out", {}) as journal:
        journal.begin("x")
        journal.finish("")
    assert (tmp_path / "out").is_symlink() and (tmp_path / "target").read_text() == "x"
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_an_error_of_the_output_and_it_goes_on(tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(journal_module, "SECONDS", 0)
    with Journal(out, {}) as journal:
        real = journal._partial
        journal._partial = Full(real)
        with pytest.raises(OSError, match="No space") as caught:
            write("jsonl", out, DOCUMENTS, journal)
    assert caught.value.filename == str(out) and caught.value.__notes__ == ["--resume goes on from there"]
    with Journal(out, {}) as journal:
        write("jsonl", out, DOCUMENTS[journal.counts["documents"] :], journal)
    write_outputs(DOCUMENTS, "jsonl", tmp_path / "whole", SCHEMA, lambda error: None)
    assert out.read_bytes() == (tmp_path / "whole").read_bytes()


class Full:
    """A file on a disk with room for two writes."""

    def __init__(self, stream):
        self.stream, self.left = stream, 2

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, data):
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.stream.write(data)
