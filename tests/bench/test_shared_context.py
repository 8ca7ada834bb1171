"""`bench shared`."""

from bert_mrc_theseus.bench.shared_context import bench_shared
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.model_files.model_folder import load_model
from tests.helpers.documents import TEXTS
from tests.helpers.saved_models import with_config


def test_shared_modules_are_counted(model):
    shared_once = with_config(load_model(model), shared=SharedContext(1, 16))
    found = bench_shared(shared_once, TEXTS, [1, 3], 1, True, lambda line: None)
    assert [(row["shared"], row["once"], row["types"]) for row in found["rows"]] == [
        (shared, once, types) for types in (1, 3) for shared, once in ((0, 0), (1, 1), (2, 2), (1, 0))
    ]
    plain, shared, whole, unshared = found["rows"][4:]
    # Contexts with their [SEP]: 13 + 5 + 2 = 20 tokens. A query with [CLS] and [SEP]: 4. So 3 x 3 pairs: 3 x 20 + 9 x 4 = 96.
    # Layer 1 of 2 runs on pairs, or once on 20 tokens of contexts and 12 of queries; layer 2 on the pairs' contexts, 60.
    # If both layers are shared, both run once on the 20 tokens of contexts and on the 12 of queries.
    assert [row["token_layers"] for row in (plain, shared, whole, unshared)] == [96 + 60, 20 + 12 + 60, 64, 96 + 60]
    assert [row["token_layers_ratio"] for row in (plain, shared, unshared)] == [1.0, 1.7, 1.0]
    # With one type: 3 pairs of 20 + 3 x 4 = 32 tokens.
    assert [row["token_layers"] for row in found["rows"][:4]] == [32 + 20, 20 + 4 + 20, 48, 32 + 20]
    assert plain["ratio"] == plain["type_cost"] == 1.0
    assert all(row["type_cost"] is None for row in found["rows"][:4]) and found["precision"] == "int8"


class Clock:
    """Time that passes only while a fake engine runs."""

    def __init__(self):
        self.now, self.runs = 0.0, []

    def perf_counter(self):
        return self.now


def test_ratio_and_cost_of_a_type_follow_from_the_seconds_of_the_fastest_round(model, monkeypatch):
    clock = Clock()
    seconds = {
        (0, 1): [9, 3, 2],
        (1, 1): [9, 1, 2],
        (0, 3): [9, 9, 6],
        (1, 3): [9, 2, 8],
        (2, 1): [9, 1, 1],
        (2, 3): [9, 1, 1],
    }

    class FakeEngine:
        def __init__(self, way, ranges, split):
            self.shared = way.spec.config.shared.layers

        def answer(self, examples, use):
            clock.runs.append((self.shared, len(examples.queries)))
            clock.now += seconds[clock.runs[-1]][clock.runs.count(clock.runs[-1]) - 1]

        def close(self):
            pass

    shared_context = "bert_mrc_theseus.bench.shared_context"
    monkeypatch.setattr(f"{shared_context}.time", clock)
    monkeypatch.setattr(f"{shared_context}.engine_of", FakeEngine)
    rows = bench_shared(load_model(model), TEXTS, [1, 3], 2, False, lambda line: None)["rows"]
    assert [(row["shared"], row["types"], row["seconds"]) for row in rows] == [
        (0, 1, 2),
        (1, 1, 1),
        (2, 1, 1),
        (0, 3, 6),
        (1, 3, 2),
        (2, 3, 1),
    ]
    assert [row["ratio"] for row in rows] == [1.0, 2.0, 2.0, 1.0, 3.0, 6.0]
    # From 1 type to 3 the plain run grows by 4 seconds, the one with a shared layer by 1, the one that shares all by none.
    assert [row["type_cost"] for row in rows] == [None, None, None, 1.0, 0.25, 0.0]
    # A round that warms up, and two that are timed, in turns.
    assert clock.runs == [(0, 1), (1, 1), (2, 1)] * 3 + [(0, 3), (1, 3), (2, 3)] * 3
