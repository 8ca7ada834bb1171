import pytest
from bert_mrc_theseus.preprocess.readers.brat import read_brat
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document, Entity


def test_byte_order_marks_of_both_files_are_dropped(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeff北京".encode())
    (tmp_path / "a.ann").write_bytes("\ufeffT1\tLOC 0 2\t北京\n".encode())
    assert list(read_brat(tmp_path, ReadReport())) == [Document("a", "北京", (Entity(0, 2, "LOC"),))]


@pytest.mark.parametrize("bad", ["a.txt", "a.ann"])
def test_the_file_that_is_not_utf8_is_named_and_skipped(tmp_path, bad):
    for name in ("a.txt", "a.ann", "b.txt"):
        (tmp_path / name).write_bytes("\n北".encode("gb18030" if name == bad else "utf-8"))
    with pytest.raises(DataError, match=rf"{bad}:2: not UTF-8: byte 0xb1 at byte 0 of the line .*iconv"):
        list(read_brat(tmp_path, ReadReport()))
    report = ReadReport(strict=False)
    assert [document.id for document in read_brat(tmp_path, report)] == ["b"] and report.skipped == 1
