"""Many machines: a Ray cluster of two nodes, each a process of its own on this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra ray is not installed")

import pyarrow as pa
import ray
from pyarrow import parquet
from ray.cluster_utils import Cluster

from bert_mrc_theseus import Extractor
from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.prediction import ray_job
from bert_mrc_theseus.prediction.parts import Counts, Part
from bert_mrc_theseus.prediction.ray_data import find_entities
from tests.helpers.processes import eventually, session_of

TEXTS = [f"第{n}天程晓光从广州飞往大连，" + "去了云南。" * (n % 7) for n in range(60)]


@pytest.fixture(scope="module")
def nodes():
    """A cluster of two nodes with two CPUs together, joined."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    ray.init(cluster.address, logging_level="ERROR", log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


class Fake:
    """Stands for `ray_job.Worker`: notes what it did, and dies of parts where a file says so."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def is_placed(self):
        pass

    def load(self):
        if (self.folder / "no model").exists():
            raise UserError("there is no model")

    def predict(self, part):
        deadly = self.folder / f"deadly {part.number}"
        if deadly.exists():
            if deadly.read_text() == "once":
                deadly.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        if (self.folder / f"bad {part.number}").exists():
            raise ValueError("bad\npart")
        time.sleep(0.1)
        with open(self.folder / "done", "a") as stream:
            stream.write(f"{part.number} {ray.get_runtime_context().get_node_id()}\n")
        return Counts(1, 2, 0)


def run(folder, count=6, workers=2, patience=300.0, cpus=1, done=lambda progress: None):
    """Parts on fakes; what was done, and by which nodes. A busy machine may take a minute to start Python for a worker."""

    def make():
        return ray.remote(Fake).options(num_cpus=cpus, scheduling_strategy="SPREAD").remote(str(folder))

    whole = [Part("x", "x", number, 0, 1) for number in range(count)]
    progress = ray_job.run_parts(whole, make, workers, patience, done)
    lines = [line.split() for line in (folder / "done").read_text().splitlines()]
    return progress, sorted(int(number) for number, _ in lines), {node for _, node in lines}


def test_every_part_is_done_once_on_both_nodes(nodes, tmp_path):
    progress, done, at = run(tmp_path, 12)
    assert (
        done == list(range(12)) and progress.counts == Counts(12, 24, 0) and progress.parts == 12 and not progress.lost
    )
    assert len(at) == 2


def test_what_a_dead_worker_was_at_is_done_by_another(nodes, tmp_path):
    (tmp_path / "deadly 1").write_text("once")
    (tmp_path / "deadly 4").write_text("always")
    (tmp_path / "bad 2").touch()
    progress, done, _ = run(tmp_path)
    assert done == [0, 1, 3, 5] and progress.deaths == 1 + ray_job.ATTEMPTS
    assert {part.number: reason for part, reason in progress.lost.items()} == {
        2: "ValueError: bad",
        4: progress.lost[Part("x", "x", 4, 0, 1)],
    }
    assert "3 workers died of it" in progress.lost[Part("x", "x", 4, 0, 1)]


def test_what_a_dead_node_was_at_is_done_by_another(nodes, tmp_path):
    third = nodes.add_node(num_cpus=1)
    ended = []

    def end_node(progress):
        if not ended:
            ended.append(nodes.remove_node(third, allow_graceful=False))

    progress, done, _ = run(tmp_path, 30, workers=3, done=end_node)
    assert sorted(set(done)) == list(range(30)) and progress.parts == 30 and ended and not progress.lost


def test_a_cluster_without_room_says_so(nodes, tmp_path):
    # A node that has just died may still be counted.
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"started no worker within 3 seconds: each needs 1 CPU, and of [23] there are"):
        run(tmp_path, patience=3.0, cpus=50)
    assert time.monotonic() - begun < 30
    with pytest.raises(UsageError, match=r"[23] CPUs: 40 workers of 0\.5 .* there is room for [24]"):
        find_entities(ray.data.range(1), workers=40)


def test_a_worker_that_cannot_load_the_model_ends_the_job(nodes, tmp_path):
    (tmp_path / "no model").touch()
    with pytest.raises(UserError, match="a worker cannot load the model: there is no model"):
        run(tmp_path)


def test_a_ray_dataset_gets_entities_as_an_extractor_finds_them(nodes):
    # As many actors as CPUs, each with a whole one, would wait for ever.
    dataset = ray.data.from_arrow(pa.table({"n": range(61), "body": [*TEXTS, None]}))
    rows = find_entities(dataset, 2, "body", batch_size=20, types=["PER", "LOC"]).take_all()
    rows.sort(key=lambda row: row["n"])
    with Extractor.load(types=["PER", "LOC"]) as extractor:
        expected = extractor(TEXTS)
    found = [[(e["start"], e["end"], e["type"], e["text"]) for e in row["entities"]] for row in rows[:-1]]
    assert found == [[(e.start, e.end, e.type, e.text) for e in entities] for entities in expected] and any(found)
    assert rows[-1]["entities"] is None and rows[-1]["entities_error"] == "'body' is null"


def actors(process):
    """The workers of a command."""
    return [pid for pid, command in session_of(process.pid).items() if "ray::Worker" in command]


def test_inputs_and_outputs_at_addresses(tmp_path, command, monkeypatch):
    pytest.importorskip("fsspec", reason="the extra remote is not installed")
    parquet.write_table(pa.table({"text": [*TEXTS[:5], None]}), tmp_path / "a.parquet")
    monkeypatch.chdir(tmp_path)
    out = f"file://{tmp_path}/out"
    arguments = ["predict-ray", f"file://{tmp_path}/a.parquet", "-o", out, "--part", "4", "--workers", "1"]
    done = subprocess.run([sys.executable, "-m", "bert_mrc_theseus", *arguments], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert f"rows that could not be read, with the reason: {out}/failed" in done.stderr
    rows = [row for n in range(2) for row in parquet.read_table(f"out/entities/a.parquet/{n:06d}.parquet").to_pylist()]
    with Extractor.load() as extractor:
        expected = [[(e.start, e.end, e.type) for e in found] for found in extractor(TEXTS[:5])]
    assert [[(e["start"], e["end"], e["type"]) for e in row["entities"]] for row in rows] == expected
    # All is done: nothing is started.
    monkeypatch.setattr(ray_job, "cluster", None)
    assert command(*arguments)[0] == 3
    status, _, err = command(*arguments, "--threshold", "0.9")
    assert status == 1 and f"{out} was begun with other threshold" in err
    assert command("predict-ray", "a.parquet", "-o", "memory://out")[0] == 2


ARGUMENTS = ["in", "-o", "out", "--part", "10"]


def test_a_command_that_is_killed_and_one_whose_worker_is_go_on(tmp_path, command, monkeypatch):
    (tmp_path / "in").mkdir()
    parquet.write_table(
        pa.table({"n": range(61), "text": [*TEXTS, None]}), tmp_path / "in" / "b.parquet", row_group_size=25
    )
    lines = [json.dumps({"id": n, "text": text}) for n, text in enumerate(TEXTS)]
    (tmp_path / "in" / "a.jsonl").write_text("\n".join([*lines, "{oops"]) + "\n")

    def start():
        return subprocess.Popen(
            [sys.executable, "-m", "bert_mrc_theseus", "predict-ray", *ARGUMENTS, "--workers", "2"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    entities = tmp_path / "out" / "entities"
    with start() as process:
        assert eventually(lambda: any(entities.rglob("0*.parquet")))
        process.kill()
    # Of Ray's own processes two take a minute to notice.
    assert eventually(lambda: not actors(process))
    kept = {path: path.stat().st_mtime_ns for path in entities.rglob("0*.parquet")}
    monkeypatch.chdir(tmp_path)
    status, _, err = command("predict-ray", *ARGUMENTS, "--threshold", "0.9")
    assert status == 1 and "begun with other threshold" in err
    with start() as process:
        assert eventually(lambda: actors(process))
        os.kill(actors(process)[0], signal.SIGKILL)
        error = process.stderr.read()
    assert "; 1 workers died and were replaced" in error, error
    assert process.returncode == 3 and "going on:" in error and "rows that could not be read" in error, error
    assert kept.items() <= {path: path.stat().st_mtime_ns for path in entities.rglob("0*.parquet")}.items()
    rows = [row for path in sorted(entities.rglob("0*.parquet")) for row in parquet.read_table(path).to_pylist()]
    assert [row.get("id", row.get("n")) for row in rows] == [*map(str, range(60)), *range(60)]
    with Extractor.load() as extractor:
        expected = [[(e.start, e.end, e.type) for e in found] for found in extractor(TEXTS)]
    assert [[(e["start"], e["end"], e["type"]) for e in row["entities"]] for row in rows] == expected * 2
    failed = [json.loads(path.read_text()) for path in (tmp_path / "out" / "failed").rglob("0*.jsonl")]
    assert sorted(row["reason"][:10] for row in failed) == ["'text' is ", "not JSON: "]
    # All is done: nothing is started.
    monkeypatch.setattr(ray_job, "cluster", None)
    assert command("predict-ray", *ARGUMENTS)[0] == 3
