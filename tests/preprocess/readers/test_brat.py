import gzip
import io
import os
import random
import tarfile

import pytest
from bert_mrc_theseus.preprocess.readers.brat import read_brat
from bert_mrc_theseus.preprocess.readers.paths import source_files
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document, Entity


def test_byte_order_marks_of_both_files_are_dropped(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeff北京".encode())
    (tmp_path / "a.ann").write_bytes("\ufeffT1\tLOC 0 2\t北京\n".encode())
    assert list(read_brat(tmp_path, ReadReport())) == [Document("a", "北京", (Entity(0, 2, "LOC"),))]


@pytest.mark.parametrize("bad", ["a.txt", "a.ann"])
def test_the_file_that_is_not_utf8_is_named_and_skipped(tmp_path, bad):
    (tmp_path / "b.ann").touch()
    for name in ("a.txt", "a.ann", "b.txt"):
        (tmp_path / name).write_bytes("\n北".encode("gb18030" if name == bad else "utf-8"))
    with pytest.raises(DataError, match=rf"{bad}:2: not UTF-8: byte 0xb1 at byte 0 of the line .*--encoding"):
        list(read_brat(tmp_path, ReadReport()))
    report = ReadReport(strict=False)
    assert [document.id for document in read_brat(tmp_path, report)] == ["b"] and report.skipped == 1


def ann(*lines):
    return "".join(f"T{number}\t{line}\n" for number, line in enumerate(lines, 1)).encode()


def read(folder, strict=True):
    report = ReadReport(strict=strict)
    documents = list(read_brat(folder, report))
    return [(d.text, [(d.text_of(e), e.type) for e in d.entities]) for d in documents], report


@pytest.mark.parametrize(
    ("text", "lines", "found", "kept"),
    [
        ("\ufeff北京好", ["LOC 0 2\t北京"], ["北京"], "北京好"),
        ("\ufeff北京好", ["LOC 1 3\t北京"], ["北京"], "\ufeff北京好"),
        ("北京\r\n上海", ["LOC 4 6\t上海"], ["上海"], None),
        ("北京\r\n上海", ["LOC 3 5\t上海", "LOC 0 2\t北京"], ["北京", "上海"], None),
        ("😀北京\r\n上海", ["LOC 5 7\t上海", "LOC 2 4\t北京"], ["北京", "上海"], None),
        ("北\n京", ["LOC 0 1;2 3\t北 京"], ["北\n京"], None),
        ("北 \r\n  京\n市", ["LOC 0 1;5 6;7 8\t北 京 市"], ["北 \r\n  京\n市"], None),
    ],
)
def test_the_texts_of_entities_are_believed(tmp_path, text, lines, found, kept):
    (tmp_path / "a.txt").write_bytes(text.encode())
    (tmp_path / "a.ann").write_bytes(ann(*lines))
    ((read_text, entities),), report = read(tmp_path)
    assert [text for text, _ in entities] == found and read_text == (text if kept is None else kept)
    assert report.counts() == {}


def test_what_cannot_be_placed_is_counted(tmp_path):
    (tmp_path / "a.txt").write_bytes("左右肺\r\n上海".encode())
    (tmp_path / "a.ann").write_bytes(ann("X 0 1;2 3\t左 肺", "LOC 5 7\t北京", "LOC 5 7\t上海"))
    ((_, entities),), report = read(tmp_path)
    assert entities == [("上海", "LOC")] and report.counts() == {"discontinuous": 1, "mismatched": 1}


def test_annotations_find_their_text_whatever_the_case_and_miss_it_loudly(tmp_path):
    for name, data in (
        ("a.txt", "北京"),
        ("A.ann", "T1\tLOC 0 2\t北京\n"),
        ("B.TXT", "好"),
        ("b.ANN", ""),
        ("c.txt", "好"),
    ):
        (tmp_path / name).write_text(data, encoding="utf-8")
    documents, report = read(tmp_path)
    assert documents == [("好", []), ("北京", [("北京", "LOC")])] and report.counts() == {"unannotated": 1}
    (tmp_path / "d.ann").touch()
    with pytest.raises(DataError, match=r"d\.ann: there is no text beside the annotations"):
        read(tmp_path)
    assert read(tmp_path, strict=False)[1].skipped == 1


def test_texts_that_nobody_annotated_are_no_corpus(tmp_path):
    (tmp_path / "a.txt").write_text("北京")
    with pytest.raises(DataError, match=r"no \.txt has an \.ann of its name"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["C#notes", "my notes", "#", "a,b"])
def test_any_character_may_stand_in_a_path(tmp_path, name):
    for part in ("one", "two"):
        folder = tmp_path / name / part
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text("北京", encoding="utf-8")
        (folder / "a.ann").write_bytes(ann("LOC 0 2\t北京"))
    assert len(read(tmp_path / name)[0]) == 2
    assert len(read(f"{tmp_path / name}#one")[0]) == 1
    assert len(source_files(tmp_path / name)) == 4


def test_damaged_archives_and_links_are_named(tmp_path):
    plain, whole = tmp_path / "a.tar", tmp_path / "a.tgz"
    with tarfile.open(plain, "w") as archive:
        for name, data in (("a.txt", "北京".encode()), ("a.ann", ann("LOC 0 2\t北京")), ("b.ann", b"")):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("b.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "../elsewhere.txt"
        archive.addfile(link)
    with pytest.raises(DataError, match=r"b\.txt: a link to \.\./elsewhere\.txt, which is not in the archive"):
        read(plain)
    documents, report = read(plain, strict=False)
    assert documents == [("北京", [("北京", "LOC")])] and report.skipped == 2
    packed = gzip.compress(random.Random(7).randbytes(3000) + plain.read_bytes())
    for data in (packed[:-2000], packed[:100], b"", b"PK\3\4", packed[:200] + b"\xff" * 80 + packed[280:]):
        whole.write_bytes(data)
        with pytest.raises(DataError, match=r"a\.tgz: cannot read as a folder or tar archive"):
            read(whole, strict=False)
    good = gzip.compress(plain.read_bytes())
    whole.write_bytes(good[: len(good) // 2])
    with pytest.raises(DataError, match=r"a\.tgz: cannot read as a folder or tar archive"):
        read(whole, strict=False)


def test_names_that_are_not_utf8_become_ids_that_can_be_written(tmp_path):
    try:
        for suffix, data in ((b".txt", "北京".encode()), (b".ann", ann("LOC 0 2\t北京"))):
            with open(os.fsencode(tmp_path) + b"/\xb1\xb1" + suffix, "wb") as stream:
                stream.write(data)
    except OSError:
        pytest.skip("this file system has no such names")
    (document,) = read_brat(tmp_path, ReadReport())
    assert str(document.id).encode() == rb"\udcb1\udcb1" and len(document.entities) == 1


def test_what_is_no_entity_is_counted(tmp_path):
    (tmp_path / "a.txt").write_text("北京市", encoding="utf-8")
    lines = "T1\tLOC 0 2\t北京\nR1\tin Arg1:T1 Arg2:T1\nA1\tSure T1\nE1\tMove:T1\n*\tEquiv T1 T1\n\n#1\tNote T1\thm\n"
    (tmp_path / "a.ann").write_text(lines, encoding="utf-8")
    documents, report = read(tmp_path)
    assert documents == [("北京市", [("北京", "LOC")])] and report.counts() == {"other_results": 4}


def test_files_that_cannot_be_opened_are_bad_records(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").touch()
        (tmp_path / f"{name}.ann").touch()
    (tmp_path / "b.txt").unlink()
    (tmp_path / "b.txt").symlink_to("gone")
    documents, report = read(tmp_path, strict=False)
    assert documents == [("", [])]
    assert report.errors[0] == f"{tmp_path}/b.txt: cannot open: No such file or directory"
    assert source_files(tmp_path) == [tmp_path / name for name in ("a.ann", "a.txt", "b.ann")]
