"""Files by address, read and written by fsspec: in memory here, and a file system of the test's own."""

import io
import sys

import pytest

from bert_mrc_theseus.errors import DataError, UsageError, UserError
from bert_mrc_theseus.files.atomic_files import atomic_binary, atomic_write
from bert_mrc_theseus.files.raw_lines import open_binary
from bert_mrc_theseus.files.reading import read_text
from bert_mrc_theseus.files.remote_files import find_remote, is_remote, remote_write
from bert_mrc_theseus.outputs import check_output_file

fsspec = pytest.importorskip("fsspec", reason="the extra [remote]")


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


def test_addresses():
    assert is_remote("s3://bucket/a.parquet") and is_remote("simplecache::hdfs://host/a") and is_remote("file:///a")
    assert not any(map(is_remote, ("a.txt", "C://a", "-", None, "a:b", "/x/s3://y")))


def test_files_folders_and_patterns(memory):
    for name in ("d/b.parquet", "d/a.parquet", "d/sub/c.txt"):
        memory.pipe(f"/{name}", b"x")
    assert find_remote("memory://d/a.parquet") == ["memory://d/a.parquet"]
    assert find_remote("memory://d") == [f"memory:///d/{name}" for name in ("a.parquet", "b.parquet", "sub/c.txt")]
    assert find_remote("memory://d/*.parquet") == ["memory:///d/a.parquet", "memory:///d/b.parquet"]
    for nothing in ("memory://none", "memory://d/*.csv"):
        with pytest.raises(UsageError, match="no such file"):
            find_remote(nothing)


@pytest.mark.parametrize("name", ["a.txt", "d/a.txt.gz"])
def test_what_is_written_is_read_and_appears_when_it_is_complete(memory, name):
    with atomic_write(f"memory://{name}") as stream:
        stream.write("北京\n")
        assert not memory.exists(f"/{name}")
    assert read_text(f"memory://{name}") == "北京\n"
    with pytest.raises(RuntimeError), atomic_write(f"memory://{name}") as stream:
        stream.write("halb")
        raise RuntimeError
    assert read_text(f"memory://{name}") == "北京\n" and memory.find("/") == [f"/{name}"]


def test_files_of_this_machine_have_addresses_too(tmp_path):
    with atomic_binary(f"file://{tmp_path}/sub/a.bin") as stream:
        stream.write(b"x")
    assert (tmp_path / "sub" / "a.bin").read_bytes() == b"x" and len(list((tmp_path / "sub").iterdir())) == 1


class Broken(fsspec.AbstractFileSystem):
    """Fails in ways of its own, as clients of stores do."""

    protocol = "broken"
    cachable = False

    def info(self, path, **options):
        return {"name": path, "size": 5, "type": "file"}

    def _open(self, path, mode="rb", **options):
        class Stream(io.BytesIO):
            def read(self, *arguments):
                raise KeyError("the network is down")

            write = read

        if "no" in path:
            raise LookupError("no credentials")
        return Stream()


def test_whatever_goes_wrong_there_is_an_error_with_the_address():
    fsspec.register_implementation("broken", Broken, clobber=True)
    with pytest.raises(DataError, match=r"^broken://no: cannot open: .*no credentials"):
        open_binary("broken://no")
    with pytest.raises(DataError, match=r"^broken://a\.txt:1: cannot read on: KeyError: .*the network is down"):
        read_text("broken://a.txt")
    with pytest.raises(OSError, match="the network is down"), remote_write("broken://a.txt") as stream:
        stream.write(b"x")


def test_outputs_that_cannot_be(memory, monkeypatch):
    memory.pipe("/d/a", b"x")
    check_output_file("memory://new", ["memory://d/a", "local.txt", "-"])
    for address, problem in (
        ("memory://d", "is a folder"),
        ("memory://d/a", "is an input"),
        ("nosuch://a", "nosuch"),
    ):
        with pytest.raises(UsageError, match=problem):
            check_output_file(address, ["memory:///d/a"])
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UserError, match=r"pip install 'bert-mrc-theseus\[remote\]'"):
        check_output_file("memory://new")
