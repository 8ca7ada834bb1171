"""Reading lines and whole texts."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.files.reading import read_lines, read_text

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


@given(
    LINES, st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]), st.sampled_from(["\n", "\r\n"])
)
def test_lines_of_other_encodings(tmp_path_factory, lines, encoding, end):
    path = tmp_path_factory.mktemp("wide") / "a.txt"
    # A byte order mark of its own would be the file's.
    lines = [line.replace("\ufeff", "") for line in lines]
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    assert [line for _, line in read_lines(path, encoding=encoding)] == lines
    assert read_text(path, encoding) == "".join(line + end for line in lines)


def test_half_a_character_of_utf16_costs_its_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("好\n坏\ud83d\n一\n".encode("utf-16", "surrogatepass") + b"\x00")
    errors = []
    with pytest.raises(DataError, match=r"a\.txt:4: not UTF-16"):
        for number, line in read_lines(path, errors.append, "utf-16"):
            assert (number, line) in [(1, "好"), (3, "一")]
    assert [str(error) for error in errors] == [f"{path}:2: not UTF-16: half of a character (is --encoding right?)"]


@pytest.mark.parametrize("name", ["nonsense", "hex", "", "a\0b", "undefined"])
def test_only_encodings_of_text_are_encodings(tmp_path, name):
    (tmp_path / "a.txt").write_text("好", encoding="utf-8")
    with pytest.raises(UserError, match="no text encoding"):
        read_text(tmp_path / "a.txt", name)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"PK\3\4\x0a\0", r"a zip archive, as \.xlsx and \.docx files are"),
        (b"\x1f\x8b\x08", r"gzip.*\.gz"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"GIF89a\x01", "a GIF image"),
        (b"\x7fELF\x02", "a program"),
        (b"Obj\x01\x04", "an Avro file"),
        (b"a.txt".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel or Word file"),
        (b"BZh91AY&SY", "a bzip2 archive"),
        ("好".encode("utf-16"), "its byte order mark says utf-16.*--encoding utf-16"),
        ("好".encode("utf-32"), "its byte order mark says utf-32"),
        ("好".encode("utf-16-be").join([b"\xfe\xff", b""]), "says utf-16"),
    ],
)
def test_what_is_no_utf8_text_is_named(tmp_path, start, kind):
    for name, data in (("a.txt", start), ("b.txt.gz", gzip.compress(start))):
        (tmp_path / name).write_bytes(data)
        for read in (lambda path: list(read_lines(path)), read_text):
            with pytest.raises(DataError, match=kind):
                read(tmp_path / name)


def test_an_encoding_that_the_file_denies_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("好", encoding="utf-8-sig")
    with pytest.raises(DataError, match="its byte order mark says utf-8, and it should be gb18030"):
        read_text(tmp_path / "a.txt", "GB18030")


@given(st.binary(max_size=60), st.sampled_from(["utf-8", "utf-16", "utf-32-be", "big5", "utf-7", "hz"]))
def test_any_bytes_are_lines_or_an_error(tmp_path_factory, data, encoding):
    path = tmp_path_factory.mktemp("bytes") / "a.txt"
    path.write_bytes(data)
    errors = []
    try:
        for _, line in read_lines(path, errors.append, encoding):
            line.encode()
    except DataError as error:
        assert str(path) in str(error)
    assert all(str(error).startswith(f"{path}:") for error in errors)


def test_absent_and_damaged_files(tmp_path):
    with pytest.raises(DataError, match="cannot open: No such file"):
        list(read_lines(tmp_path / "none.txt"))
    with pytest.raises(DataError, match="cannot open: No such file"):
        read_text(tmp_path / "none.txt")
    (tmp_path / "none.GZ").write_bytes(b"plain")
    with pytest.raises(DataError, match=r"none\.GZ:1: cannot read on: Not a gzipped file .*is it gzip"):
        read_text(tmp_path / "none.GZ")
    for name in ("x" * 300, "a\0b", str(tmp_path)):
        with pytest.raises(DataError, match="cannot open"):
            read_text(name)
    whole = gzip.compress("".join(f"{i * i}\n" for i in range(9000)).encode())
    for name, data in (("torn.gz", whole[:-2000]), ("bad.gz", whole[:500] + b"\xff" * 50 + whole[550:])):
        (tmp_path / name).write_bytes(data)
        for read in (read_lines, read_text):
            with pytest.raises(DataError, match="cannot read on"):
                list(read(tmp_path / name))
