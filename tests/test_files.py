"""Reading lines and writing files and folders whole."""

import errno
import gzip
import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.files import atomic_folder, atomic_write, check_place, read_lines, read_text
from bert_mrc_theseus.temporary_files import remove_leftovers

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


@pytest.fixture(params=[True, False], ids=["exchange", "set aside"])
def swaps(request, monkeypatch) -> bool:
    """Both ways in which a folder replaces another; the second one is that of systems without the first."""
    if not request.param:
        monkeypatch.setattr("bert_mrc_theseus.files.exchange", lambda one, other: False)
    return request.param


def test_a_folder_replaces_another_and_leaves_nothing_beside_it(tmp_path, swaps):
    for content in ("old", "new"):
        with atomic_folder(tmp_path / "model") as new:
            for name in ("config", content):
                (new / name).write_text(content)
    assert sorted(os.listdir(tmp_path / "model")) == ["config", "new"] and os.listdir(tmp_path) == ["model"]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_one_before(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a").write_text("old")
    real = os.rename

    def second_fails(source, target):
        if target == folder and ".new" in str(source):
            raise OSError(errno.EACCES, "no")
        real(source, target)

    monkeypatch.setattr("bert_mrc_theseus.files.exchange", lambda one, other: False)
    monkeypatch.setattr("os.rename", second_fails)
    with pytest.raises(OSError, match="no") as caught, atomic_folder(folder) as new:
        (new / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["model"] and (folder / "a").read_text() == "old"
    assert caught.value.filename == str(folder) and caught.value.__notes__ == [f"{folder} is as it was before"]


def test_a_folder_that_cannot_be_put_back_either_is_put_back_by_the_next_write(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a").write_text("old")
    real = os.rename

    def only_the_first(source, target):
        if target == folder:
            raise OSError(errno.EACCES, "no")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("bert_mrc_theseus.files.exchange", lambda one, other: False)
        patch.setattr("os.rename", only_the_first)
        with pytest.raises(OSError, match="no"), atomic_folder(folder) as new:
            (new / "a").write_text("new")
    assert not folder.exists()
    with atomic_write(tmp_path / "other"):
        pass
    assert (folder / "a").read_text() == "old" and sorted(os.listdir(tmp_path)) == ["model", "other"]


KILLED = """
import os, signal, sys
from pathlib import Path
import bert_mrc_theseus.files as files
if sys.argv[2] == "set aside":
    files.exchange = lambda one, other: False
for number in range(1, 10**6):
    with files.atomic_folder(sys.argv[1]) as new:
        for name in "abc":
            (new / name).write_text(str(number))
    if number == 1:
        print("ready", flush=True)
"""


def test_a_killed_command_leaves_a_whole_folder_and_the_next_write_removes_the_rest(tmp_path, swaps):
    folder = tmp_path / "model"
    gone = 0
    for kill in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, folder, "exchange" if swaps else "set aside"], stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            time.sleep(0.002 * kill)
            process.kill()
        gone += not folder.exists()
        with atomic_write(tmp_path / "other") as stream:
            stream.write("x")
        assert sorted(os.listdir(tmp_path)) == ["model", "other"]
        assert len({(folder / name).read_text() for name in "abc"}) == 1
    if swaps and sys.platform == "linux":
        assert gone == 0


def test_the_temporary_file_of_a_killed_command_is_removed_by_the_next_write_beside_it(tmp_path):
    code = """
import sys, time
from bert_mrc_theseus.files import atomic_write
with atomic_write(sys.argv[1]) as stream:
    print("ready", flush=True)
    time.sleep(600)
"""
    (tmp_path / ".bert-mrc-theseus-notes").write_text("a user's own")
    with subprocess.Popen([sys.executable, "-c", code, tmp_path / "out"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        with atomic_write(tmp_path / "while"):
            pass
        assert len(os.listdir(tmp_path)) == 3
        process.kill()
    assert len(os.listdir(tmp_path)) == 3
    with atomic_write(tmp_path / "after"):
        pass
    assert sorted(os.listdir(tmp_path)) == [".bert-mrc-theseus-notes", "after", "while"]


def test_what_a_living_command_writes_is_no_leftover(tmp_path):
    with atomic_folder(tmp_path / "model") as new, atomic_write(tmp_path / "file") as stream:
        stream.write("x")
        (new / "a").write_text("x")
        remove_leftovers(tmp_path)
        assert len(os.listdir(tmp_path)) == 2
    assert (tmp_path / "model" / "a").is_file() and (tmp_path / "file").read_text() == "x"


def test_an_existing_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "private"
    path.write_text("old")
    path.chmod(0o600)
    with atomic_write(path) as stream:
        stream.write("new")
    assert path.read_text() == "new" and path.stat().st_mode & 0o777 == 0o600


def test_the_target_of_a_link_is_replaced_and_not_the_link(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "folder").mkdir()
    for link, target in (("link", "target"), ("dangling", "made"), ("folder-link", "folder")):
        (tmp_path / link).symlink_to(target)
    for link in ("link", "dangling"):
        with atomic_write(tmp_path / link) as stream:
            stream.write("new")
    with atomic_folder(tmp_path / "folder-link") as new:
        (new / "a").write_text("new")
    assert all((tmp_path / name).is_symlink() for name in ("link", "dangling", "folder-link"))
    assert (tmp_path / "target").read_text() == (tmp_path / "made").read_text() == "new"
    assert (tmp_path / "folder" / "a").is_file()


def test_a_fifo_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "fifo").read_bytes()))
    reader.start()
    with atomic_write(tmp_path / "fifo") as stream:
        stream.write("北京\n")
    reader.join()
    assert read == ["北京\n".encode()] and (tmp_path / "fifo").is_fifo() and os.listdir(tmp_path) == ["fifo"]


def test_the_names_of_standard_output_are_written_to(tmp_path):
    code = """
from bert_mrc_theseus.files import atomic_write
for path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
    with atomic_write(path) as stream:
        stream.write(path + "\\n")
"""
    command = f"(echo before; {sys.executable} -c '{code}') > out"
    assert subprocess.run(["bash", "-c", command], cwd=tmp_path).returncode == 0
    assert (tmp_path / "out").read_text() == "before\n/dev/stdout\n/dev/fd/1\n/proc/self/fd/1\n"
    assert os.listdir(tmp_path) == ["out"]


def test_errors_of_a_write_name_the_output(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, atomic_write("/dev/full") as stream:
        stream.write("x")
    assert caught.value.filename == "/dev/full"
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError) as caught, atomic_write(tmp_path / "a" / "b"):
        pass
    assert caught.value.filename == str(tmp_path / "a" / "b")
    with pytest.raises(OSError) as caught, atomic_folder(tmp_path / "a"):
        pass
    assert caught.value.filename == str(tmp_path / "a") and (tmp_path / "a").read_text() == "old"


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path):
    name = "长" * 85
    with atomic_write(tmp_path / name) as stream:
        stream.write("x")
    with atomic_folder(tmp_path / ("f" * 255)) as new:
        (new / "a").write_text("x")
    assert sorted(os.listdir(tmp_path)) == sorted([name, "f" * 255])
    with pytest.raises(UserError, match="name too long"):
        check_place(tmp_path / ("长" * 86))


def test_a_folder_of_something_else_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("thesis")
    with pytest.raises(OSError, match="holds something else"), atomic_folder(tmp_path / "mine") as new:
        (new / "config.json").write_text("{}")
    assert os.listdir(tmp_path / "mine") == ["thesis.docx"] and os.listdir(tmp_path) == ["mine"]


def test_what_replaces_a_private_file_was_never_readable_by_others(tmp_path):
    path = tmp_path / "private"
    path.touch(0o600)
    with atomic_write(path):
        (temporary,) = (entry for entry in tmp_path.iterdir() if entry != path)
        assert temporary.stat().st_mode & 0o077 == 0


def test_what_a_library_keeps_from_others_becomes_readable(tmp_path):
    with atomic_folder(tmp_path / "model") as new:
        (new / "weights").touch(0o600)
    (tmp_path / "plain").touch()
    assert (tmp_path / "model" / "weights").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_current_folder_is_filled_if_it_is_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    with atomic_folder(".") as new:
        (new / "a").write_text("x")
    assert os.listdir() == ["a"] and tmp_path.stat().st_ino == before
    with pytest.raises(OSError, match="something else"), atomic_folder(".") as new:
        (new / "b").write_text("x")
    with pytest.raises(OSError, match="not empty") as caught, atomic_folder(".") as new:
        (new / "a").write_text("y")
    assert os.listdir() == ["a"] and (tmp_path / "a").read_text() == "x" and "->" not in str(caught.value)
