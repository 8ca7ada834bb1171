"""`Extractor` with workers, and in other processes, with the model that comes along."""

import os
import pickle
import shutil
import signal
import sys
from dataclasses import replace

import pytest

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.engines.engine import BatchEngine
from bert_mrc_theseus.errors import ModelError, UsageError, UserError
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.prediction import pieces
from bert_mrc_theseus.text.documents import Document
from tests.helpers.processes import children, eventually

TEXTS = [f"第{n}天程晓光从广州飞往大连，" + "去了云南。" * (n % 7) for n in range(40)]
OPTIONS = {"thresholds": Thresholds(0.6, 0.6), "types": ["PER", "LOC"], "nested": True}


@pytest.fixture(scope="module")
def extractor():
    with Extractor.load(threads=1, **OPTIONS) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def workers():
    with Extractor.load(workers=2, **OPTIONS) as loaded:
        yield loaded


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    monkeypatch.setattr(pieces, "GROUP_CHARACTERS", 60)


def documents():
    """Some that are longer than a group, without text, and with further fields."""
    return [
        *(Document(f"{n}", text, rest={"n": n}) for n, text in enumerate(TEXTS)),
        Document("empty", ""),
        Document("long", "沈維鈞在新竹演出。" * 30),
    ]


@pytest.mark.parametrize("done", [0, 25])
def test_workers_find_the_same_in_the_same_order(extractor, workers, done):
    expected = list(extractor.documents(documents(), done))
    found = list(workers.documents(documents(), done))
    assert found == expected and [document.rest for document in found] == [document.rest for document in expected]
    assert [[e.score for e in d.entities] for d in found] == [[e.score for e in d.entities] for d in expected]
    assert any(document.entities for document in found)


def test_workers_read_no_further_ahead_than_they_need(workers):
    read = 0

    def texts():
        nonlocal read
        for text in TEXTS * 10:
            read += 1
            yield text

    found = workers.batch(texts())
    next(found)
    # A group has four texts at most.
    assert read <= 4 * 6
    found.close()
    assert workers("程晓光")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux shows the processes")
def test_a_worker_that_is_killed_is_an_error_that_names_the_documents():
    before = set(children(os.getpid()))
    extractor = Extractor.load(workers=1)
    (pid,) = set(children(os.getpid())) - before
    found = extractor.documents(documents())
    assert next(found).id == "0"
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(UserError, match=r"worker process was killed by signal 9.* at documents? \d+") as caught:
        list(found)
    assert "Traceback" not in str(caught.value)
    # It has ended for good: no hang, and no half of an answer.
    with pytest.raises(UserError, match="It was at document 0"):
        extractor("程晓光")
    extractor.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux shows the processes")
def test_workers_end_with_the_extractor():
    before = set(children(os.getpid()))
    extractor = Extractor.load(workers=1)
    found = extractor.batch(TEXTS)
    next(found)
    extractor.close()
    assert set(children(os.getpid())) <= before
    extractor = Extractor.load(workers=1)
    assert set(children(os.getpid())) - before
    del extractor
    assert eventually(lambda: set(children(os.getpid())) <= before)


def test_what_a_worker_cannot_load_is_the_error_of_this_process(tmp_path):
    shutil.copytree(bundled_model(), tmp_path / "model")
    graph = next((tmp_path / "model" / "onnx").glob("*.onnx"))
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(ModelError, match=graph.name):
        Extractor.load(tmp_path / "model", workers=1)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"threads": 0}, {"threads": 2, "engine": "keras"}])
def test_how_many_is_checked_first(wrong):
    with pytest.raises(UsageError):
        Extractor.load(**wrong)


def test_a_pickled_extractor_finds_the_same(extractor, workers, tmp_path, monkeypatch):
    expected = extractor(TEXTS[:4])
    data = pickle.dumps(extractor)
    assert len(data) < 2000 and data == pickle.dumps(extractor)
    with pickle.loads(data) as copy:
        assert copy(TEXTS[:4]) == expected and copy.schema == extractor.schema
    # A copy is meant for another process, which has workers enough.
    before = set(children(os.getpid()))
    with pickle.loads(pickle.dumps(workers)) as copy:
        assert set(children(os.getpid())) <= before and copy(TEXTS[:4]) == expected
    # Wherever that process runs.
    shutil.copytree(bundled_model(), tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    with Extractor.load("model", threads=1) as one:
        data = pickle.dumps(one)
    monkeypatch.chdir("/")
    pickle.loads(data).close()


def test_a_model_in_memory_cannot_be_pickled(extractor):
    memory = Extractor(replace(extractor._spec), BatchEngine(lambda batch: None))
    with pytest.raises(TypeError, match=r"model in memory cannot be pickled: save the model and load it"):
        pickle.dumps(memory)
