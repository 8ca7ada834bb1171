"""Reading lines and writing files and folders whole."""

import errno
import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import atomic_folder, atomic_write, read_lines, read_text

LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20), max_size=5)


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lines_end_at_line_feeds_only(tmp_path_factory, lines, end, packed):
    path = tmp_path_factory.mktemp("lines") / ("a.txt.gz" if packed else "a.txt")
    data = "".join(line + end for line in lines).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    expected = [line.removeprefix("\ufeff") if i == 0 else line for i, line in enumerate(lines)]
    assert list(read_lines(path)) == list(enumerate(expected, 1))


def test_what_is_not_utf8_is_reported_with_its_place(tmp_path):
    path = tmp_path / "gbk.txt"
    path.write_bytes("好\n".encode() + "a北京".encode("gb18030"))
    with pytest.raises(DataError, match=r"gbk\.txt:2: not UTF-8: byte 0xb1 at byte 1 of the line .*iconv"):
        list(read_lines(path))


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.booleans())
def test_a_text_keeps_everything_but_its_byte_order_mark(tmp_path_factory, text, packed):
    path = tmp_path_factory.mktemp("text") / ("a.txt.gz" if packed else "a.txt")
    data = ("\ufeff" + text).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    assert read_text(path) == text


@given(LINES, st.binary(max_size=3))
def test_a_text_and_its_lines_complain_about_the_same_place(tmp_path_factory, lines, more):
    path = tmp_path_factory.mktemp("bad") / "a.txt"
    path.write_bytes("".join(line + "\n" for line in lines).encode() + b"ab\xb1" + more + b"\n\xff")
    with pytest.raises(DataError, match=rf":{len(lines) + 1}: not UTF-8: byte 0xb1 at byte 2 of .*iconv") as whole:
        read_text(path)
    with pytest.raises(DataError) as by_line:
        list(read_lines(path))
    assert str(whole.value) == str(by_line.value)


def test_absent_and_damaged_files(tmp_path):
    with pytest.raises(DataError, match="cannot open: No such file"):
        list(read_lines(tmp_path / "none.txt"))
    with pytest.raises(DataError, match="cannot open: No such file"):
        read_text(tmp_path / "none.txt")
    whole = gzip.compress("".join(f"{i * i}\n" for i in range(9000)).encode())
    for name, data in (("torn.gz", whole[:-2000]), ("bad.gz", whole[:500] + b"\xff" * 50 + whole[550:])):
        (tmp_path / name).write_bytes(data)
        for read in (read_lines, read_text):
            with pytest.raises(DataError, match="cannot read on"):
                list(read(tmp_path / name))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="No space"), atomic_write(path) as stream:
        stream.write("new")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    for content in ("old", "new"):
        try:
            with atomic_folder(tmp_path / "model") as new:
                (new / "file").write_text(content)
                if content == "new":
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    assert (tmp_path / "model" / "file").read_text() == "old" and os.listdir(tmp_path) == ["model"]


def test_a_written_file_is_as_readable_as_any_other(tmp_path):
    with atomic_write(tmp_path / "sub" / "a.txt") as stream:
        stream.write("x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "sub" / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_equal_content_gives_equal_gz_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        with atomic_write(tmp_path / name) as stream:
            stream.write("北京\n")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_folder_that_cannot_be_put_in_place_leaves_the_one_before(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a").write_text("old")
    real = os.replace

    def second_fails(source, target):
        if target == folder and not str(source).endswith(".old"):
            raise OSError(errno.EACCES, "no")
        real(source, target)

    monkeypatch.setattr("os.replace", second_fails)
    with pytest.raises(OSError, match="no"), atomic_folder(folder) as new:
        (new / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["model"] and (folder / "a").read_text() == "old"
