"""gz and zst, by the ends of names."""

import sys

import pytest

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.packed_files import is_packed, unpacked, unpacked_name
from bert_mrc_theseus.files.raw_lines import open_binary
from bert_mrc_theseus.files.reading import read_lines, read_text


@pytest.fixture
def zstd():
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        zstd = pytest.importorskip("backports.zstd", reason="the extra [tables]")
    return zstd


def test_names():
    assert is_packed("A.JSONL.GZ") and is_packed("a.zst") and not is_packed("a.zst.txt")
    assert unpacked_name("A.Csv.ZST") == "a.csv" and unpacked_name("a.gz.txt") == "a.gz.txt"


@pytest.mark.parametrize("end", ["gz", "zst"])
def test_what_is_written_is_read_and_equal_content_gives_equal_bytes(tmp_path, end, request):
    if end == "zst":
        request.getfixturevalue("zstd")
    for name in ("a", "b"):
        with atomic_write(tmp_path / f"{name}.txt.{end}") as stream:
            stream.write("北京\n上海\n" * 1000)
    packed = (tmp_path / f"a.txt.{end}").read_bytes()
    assert packed == (tmp_path / f"b.txt.{end}").read_bytes() and len(packed) < 1000
    assert read_text(tmp_path / f"a.txt.{end}") == "北京\n上海\n" * 1000


def test_frames_behind_each_other_are_one_text(tmp_path, zstd):
    (tmp_path / "a.zst").write_bytes(zstd.compress("北京\n".encode()) + zstd.compress("上海\n".encode()))
    assert [line for _, line in read_lines(tmp_path / "a.zst")] == ["北京", "上海"]


def test_damaged_zst_is_an_error_with_its_line(tmp_path, zstd):
    data = zstd.compress("北京\n".encode() * 100_000 + bytes(range(256)) * 50)
    for bad in (b"no zst at all", data[:-9], data[:30] + b"\xff" * 9 + data[39:]):
        (tmp_path / "a.zst").write_bytes(bad)
        with pytest.raises(DataError, match=r"a\.zst:\d+: cannot read on"):
            list(read_lines(tmp_path / "a.zst", lambda error: None))


@pytest.mark.parametrize("end", ["gz", "zst"])
def test_the_file_itself_is_closed(tmp_path, end, request):
    if end == "zst":
        request.getfixturevalue("zstd")
    with atomic_write(tmp_path / f"a.{end}") as stream:
        stream.write("x")
    with open(tmp_path / f"a.{end}", "rb") as raw:
        with unpacked(raw, f"a.{end}") as stream:
            assert stream.read() == b"x"
        assert raw.closed


def test_without_its_library_zst_is_refused_before_anything_is_opened(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "backports", None)
    with pytest.raises(UserError, match=r"pip install 'bert-mrc-theseus\[tables\]'"):
        open_binary(tmp_path / "none.zst")
