"""`bench shared`."""

from dataclasses import replace

from bert_mrc_theseus.bench.shared_context import bench_shared
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.mrc.examples import Sharing
from tests.helpers.documents import TEXTS


def test_shared_modules_are_counted_and_timed(model):
    saved = load_model(model)
    found = bench_shared(replace(saved, sharing=Sharing(1, 16)), TEXTS, [1, 3], 1, True, lambda line: None)
    assert [(row["shared"], row["once"], row["types"]) for row in found["rows"]] == [
        (shared, once, types) for types in (1, 3) for shared, once in ((0, 0), (1, 1), (1, 0))
    ]
    plain, shared, unshared = found["rows"][3:]
    contexts, queries, layers = sum(len(text) + 1 for text in TEXTS), 3 * 4, 2
    pairs = 3 * contexts + len(TEXTS) * queries
    assert plain["token_layers"] == pairs * (layers - 1) + 3 * contexts == unshared["token_layers"]
    assert shared["token_layers"] == contexts + queries + 3 * contexts
    assert plain["ratio"] == plain["type_cost"] == 1.0 and shared["token_layers_ratio"] > 1.0
    assert all(row["type_cost"] is None for row in found["rows"][:3]) and found["precision"] == "int8"
