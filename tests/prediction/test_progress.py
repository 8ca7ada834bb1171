"""How far a prediction is."""

import gzip

import pytest

from bert_mrc_theseus.prediction.progress import PredictionProgress, count_documents
from bert_mrc_theseus.text.documents import Document, Entity

DOCUMENTS = [
    Document("1", "程晓光在广州", (Entity(0, 3, "PER"), Entity(4, 6, "LOC"))),
    Document("2", "大连", (Entity(0, 2, "LOC"),)),
]


def test_what_comes_is_counted_and_passed_on():
    with PredictionProgress(None, done=5) as progress:
        assert list(progress.follow(DOCUMENTS)) == DOCUMENTS
    told = progress.summary(skipped=3)
    assert told.startswith("2 documents behind 5 that were finished before, 8 characters in ")
    assert told.endswith("; 3 entities: LOC 2, PER 1; 3 records skipped")


@pytest.mark.parametrize("whole, form, count", [(False, "auto", 5), (True, "auto", 4), (True, "jsonl", 5)])
def test_how_many_documents_there_will_be(tmp_path, whole, form, count):
    (tmp_path / "a.txt").write_text("一\n二\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"text": "三"}\n{"text": "四"}\n', encoding="utf-8")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"5\n"))
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    assert count_documents(files, whole, form) == count
    for more in ("-", str(tmp_path / "list.json")):
        assert count_documents([*files, more], whole, "auto") is None


def test_a_file_that_cannot_be_read_is_its_readers_business(tmp_path):
    path = tmp_path / "torn.txt.gz"
    path.write_bytes(gzip.compress(b"a\n" * 1000)[:-20])
    assert count_documents([str(path)], False, "auto") == 0
