"""`bench train`."""

from types import SimpleNamespace
from typing import ClassVar

from bert_mrc_theseus.bench.train import bench_train
from bert_mrc_theseus.bench.train_worker import TrainWorker, batches_of
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import read_documents


def test_steps_of_two_stages_run(trained):
    model = trained.run / "stage0" / "best"
    documents = list(read_documents(trained.data / "train.jsonl"))
    examples = load_spec(model).examples(documents)
    name = "keras stage 2 bf16, by text"
    found = bench_train(model, examples, 2, 256, 1, lambda line: None, [name])
    assert [(row["contender"], row["ratio"]) for row in found["rows"]] == [(name, 1.0)]
    assert found["steps"] == 2 and found["left_out"] == {}
    # The other kind in this process, which has TensorFlow already.
    assert TrainWorker("keras stage 1 fp32, both branches", model, batches_of(examples, 256, 1)).run() > 0.0


RUNS = {"keras stage 0 fp32": [9.0, 4.0, 5.0], "keras stage 0 bf16": [9.0, 8.0, 1.0]}
"""Seconds of each run over all batches; the first compiles."""


class FakeWorker:
    """A contender that takes as long as it is told."""

    made: ClassVar[list["FakeWorker"]] = []

    def __init__(self, factory, contender, folder, batches):
        self.made.append(self)
        self.contender, self.runs, self.stopped = contender, 0, False

    def call(self, method):
        self.runs += 1
        return RUNS[self.contender][self.runs - 1]

    def stop(self):
        self.stopped = True


def test_numbers_follow_from_the_seconds_of_the_fastest_round(trained, monkeypatch):
    clock = iter([10.0, 13.0])
    monkeypatch.setattr("bert_mrc_theseus.bench.train.OwnProcess", FakeWorker)
    monkeypatch.setattr("bert_mrc_theseus.bench.train_worker.time", SimpleNamespace(perf_counter=lambda: next(clock)))
    # Two pairs of [CLS] 2 [SEP] 5 [SEP]: a batch of 20 tokens.
    document = Document("0", "李明在北京", (Entity(0, 2, "PER"), Entity(3, 5, "LOC")))
    folder = trained.run / "stage0" / "best"
    found = bench_train(folder, load_spec(folder).examples([document]), 5, 256, 2, print, tuple(RUNS))
    assert all(worker.runs == 3 and worker.stopped for worker in FakeWorker.made) and len(FakeWorker.made) == 2
    assert (found["steps"], found["padding"], found["preparation_seconds"]) == (1, 0.0, 3.0)
    assert found["rows"] == [
        {"contender": "keras stage 0 fp32", "seconds": 4.0, "tokens_per_second": 5.0, "ratio": 1.0},
        {"contender": "keras stage 0 bf16", "seconds": 1.0, "tokens_per_second": 20.0, "ratio": 4.0},
    ]
