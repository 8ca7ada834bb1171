"""What a benchmark runs, and how much arithmetic that is."""

import numpy as np

from bert_mrc_theseus.bench.workload import Workload, arithmetic, examples_of, facts
from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.model_files.model_folder import load_spec
from tests.helpers.documents import TEXTS


def test_arithmetic_counts_every_product_once():
    config = EncoderConfig(10, 6, 2, 3, 8)
    length, hidden, inner, heads = 5, 6, 8, 3
    products = [(length, hidden, hidden)] * 4 + [(length, hidden, inner), (length, inner, hidden)]
    products += [(length, hidden // heads, length), (length, length, hidden // heads)] * heads
    expected = 2 * sum(2 * a * b * c for a, b, c in products)
    assert arithmetic(np.array([length]), config) == expected
    assert arithmetic(np.array([length, length]), config) == 2 * expected


def test_a_workload_has_as_many_types_as_asked_for(model):
    examples = examples_of(load_spec(model), Workload("short", TEXTS, 5))
    assert len(examples.queries) == 5 and len(examples.all_pairs()) == 15
    found = facts(examples, TEXTS, 64)
    assert found["sentences"] == 3 and found["characters"] == sum(map(len, TEXTS))
    # [CLS] query [SEP] text [SEP], with queries of two characters.
    assert found["tokens"] == 5 * (found["characters"] + 3 * 5) and 0.0 <= found["padding"] < 1.0
