"""Memory has a bound for any input: what is too long is refused by name, the rest is read in pieces."""

import gzip
import json
import subprocess
import sys

import pytest

from bert_mrc_theseus.files.raw_lines import LARGEST_TEXT, LONGEST_LINE
from tests.helpers.stress import note, under_stress

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux says what a process has used")

MEGABYTE = 2**20
SIZE = under_stress(64, 1024) * MEGABYTE
"""Bytes of the inputs that are too long."""

PEAK = """
def peak():
    '''Megabytes of this process at most; the system's own count includes what its parent had when it was forked.'''
    with open("/proc/self/status") as stream:
        return next(int(line.split()[1]) // 1024 for line in stream if line.startswith("VmHWM"))
"""

RUN = (
    PEAK
    + """
import json, resource, sys
import bert_mrc_theseus.cli.app as app
import bert_mrc_theseus.prediction.extractor as extractor
from bert_mrc_theseus.engines.thread_pool import ThreadPool
from bert_mrc_theseus.model_files.model_folder import load_spec

class Nothing:
    '''Stands for the model: finds nothing.'''
    pool = ThreadPool(1)
    def answer(self, examples, use, matches=False):
        pass
    def submit(self, function, *arguments):
        return self.pool.submit(function, *arguments)
    def close(self):
        self.pool.close()

extractor.load_engine = lambda folder, wanted, threads: (load_spec(folder), Nothing())
limit, *arguments = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
sys.argv = ["x", *arguments]
try:
    app.main()
    status = 0
except SystemExit as stop:
    status = stop.code or 0
print(json.dumps([status, peak()]))
"""
)


def run(folder, *arguments, limit=2**32):
    """Exit status, megabytes at the peak, and standard error of a command with a stand-in for the model."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(limit), *arguments], cwd=folder, capture_output=True, text=True, env=None
    )
    assert "Traceback" not in done.stderr, done.stderr
    status, peak = json.loads(done.stdout.splitlines()[-1])
    note(f"{' '.join(arguments)}: status {status}, peak {peak} MB")
    return status, peak, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Inputs that are longer than memory should be: zeros that need no disk, and a megabyte that unpacks to as many."""
    made = tmp_path_factory.mktemp("memory")
    with open(made / "zeros.txt", "wb") as stream:
        stream.truncate(SIZE)
    with gzip.open(made / "bomb.txt.gz", "wb", compresslevel=9) as stream:
        for _ in range(SIZE // MEGABYTE):
            stream.write(bytes(MEGABYTE))
        stream.write("\n程晓光\n".encode())
    return made


@pytest.fixture(scope="module")
def usual(folder):
    """Megabytes of a prediction of one line."""
    (folder / "a.txt").write_text("程晓光\n", encoding="utf-8")
    status, peak, _ = run(folder, "predict", "a.txt", "-o", "a.jsonl")
    assert status == 0
    return peak


def test_a_line_without_end_is_left_out_and_the_next_one_is_read(folder, usual):
    status, peak, err = run(folder, "predict", "zeros.txt", "bomb.txt.gz", "-o", "out.jsonl")
    assert status == 3 and peak < usual + 8 * LONGEST_LINE / MEGABYTE
    for name in ("zeros.txt", "bomb.txt.gz"):
        assert f"{name}:1: a line of more than 16,777,216 bytes" in err
    ids = [json.loads(line)["id"] for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert ids == ["bomb.txt.gz:2"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-le"])
def test_a_line_without_end_in_other_encodings(folder, usual, encoding):
    status, peak, err = run(folder, "predict", "zeros.txt", "--encoding", encoding, "-o", "out.jsonl")
    assert status == 3 and peak < usual + 12 * LONGEST_LINE / MEGABYTE and "zeros.txt:1: a line of more" in err


@pytest.mark.parametrize(
    "name", ["columns", "jsonl", "raw", "two-line", "uner", "cluener", "pfr", "segments", "weibo-cesu8"]
)
def test_corpora_with_a_line_without_end_are_refused(folder, usual, name):
    status, peak, err = run(folder, "preprocess", "--train", "bomb.txt.gz", "--format", name, "--out", "data")
    assert status == 1 and "bomb.txt.gz:1: a line of more than" in err and err.count("\n") == 1
    assert peak < usual + 8 * LONGEST_LINE / MEGABYTE and not (folder / "data").exists()


@pytest.mark.skipif(SIZE < LARGEST_TEXT, reason="only under stress is an input that large")
@pytest.mark.parametrize("name", ["raw-file", "label-studio", "mrc"])
def test_files_that_are_read_whole_have_a_largest_size(folder, usual, name):
    status, peak, err = run(folder, "preprocess", "--train", "bomb.txt.gz", "--format", name, "--out", "data")
    assert status == 1 and "too large to be read whole" in err and peak < usual + 2 * LARGEST_TEXT / MEGABYTE


def test_a_text_without_a_sentence_end_is_predicted_in_bounded_memory(folder, usual):
    size = under_stress(1, 15) * MEGABYTE
    (folder / "digits.txt").write_text("1" * size, encoding="utf-8")
    status, peak, _ = run(folder, "predict", "digits.txt", "-o", "digits.jsonl")
    assert status == 0 and peak < usual + 100 + 12 * size / MEGABYTE
    (record,) = map(json.loads, (folder / "digits.jsonl").read_text(encoding="utf-8").splitlines())
    assert record["text"] == "1" * size


READ = (
    PEAK
    + """
from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.prediction.inputs import read_inputs
from bert_mrc_theseus.prediction.pieces import groups_of, pieces_of
count = sum(len(group) for group in groups_of(pieces_of(read_inputs(["-"], print), WindowSize())))
print(count, peak())
"""
)


def test_lines_are_read_in_memory_that_does_not_grow(folder):
    block = ("程晓光从广州飞往大连，" * 8 + "。\n").encode() * 4000
    times = under_stress(4, SIZE // len(block))
    with subprocess.Popen([sys.executable, "-c", READ], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for _ in range(times):
            process.stdin.write(block)
        out, _ = process.communicate()
    count, peak = map(int, out.split())
    note(f"{times * len(block) // MEGABYTE} MB of lines, read and cut: peak {peak} MB")
    assert count == 4000 * times and peak < 150


TABLE = """
import sys
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from pyarrow import ipc
path, megabytes = sys.argv[1], int(sys.argv[2])
random = np.random.default_rng(0)
text = "程晓光从广州飞往大连，" * 10
with parquet.ParquetWriter(path, pa.schema([("text", pa.string()), ("payload", pa.binary())]), compression="none",
                           use_dictionary=False) as writer:
    for megabyte in range(0, megabytes, 64):
        rows = min(64, megabytes - megabyte) * 64
        cells = [[f"{text}{n}" for n in range(rows)], [random.bytes(16_000) for _ in range(rows)]]
        writer.write_table(pa.table(cells, names=["text", "payload"]), row_group_size=rows)
"""
"""Writes Parquet in row groups of 64 MB, of texts and bytes that cannot be compressed."""


@pytest.fixture(scope="module")
def table(folder):
    """Parquet that is larger than what is held of it."""
    pytest.importorskip("pyarrow", reason="the extra [tables]")
    megabytes = under_stress(192, 500)
    subprocess.run([sys.executable, "-c", TABLE, str(folder / "large.parquet"), str(megabytes)], check=True)
    assert (folder / "large.parquet").stat().st_size > megabytes * 0.95 * MEGABYTE
    return megabytes


@pytest.mark.parametrize("rows", ["texts", "entities"])
def test_tables_are_read_and_written_in_memory_that_does_not_grow(folder, usual, table, rows):
    status, peak, err = run(folder, "predict", "large.parquet", "--rows", rows, "-o", "out.parquet")
    assert status == 0, err
    note(f"{table} MB of Parquet to Parquet, --rows {rows}: peak {peak} MB, of one line of text {usual} MB")
    # Whoever held the table would need more than it.
    assert peak < usual + 280
