"""`bench shared`: what K shared layers save, by K and by the number of types, on the same weights.

A model's time does not depend on what its weights say: one successor is run with its lower 0, 1, ... S layers shared, and
then with the layers that it was trained to share done for every pair, as if they were not (but where it shares all).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.bench.workload import Workload, examples_of, facts
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.onnx_engine import BUDGET
from bert_mrc_theseus.model_files.model_spec import ModelSpec, SavedModel
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.onnx_export.graphs import engine_of
from bert_mrc_theseus.onnx_export.observation import measure_ranges


@dataclass(frozen=True)
class SharedRow:
    """A way to run the successor, with T types.

    Attributes:
        shared: K.
        once: shared layers that are computed once a window; fewer than K is the plain run of a model that shares K.
        types: T.
        seconds: of the fastest round.
        sentences_per_second: texts of the workload a second.
        ratio: sentences a second over those of K = 0 with the same T.
        token_layers: tokens times layers that are computed.
        token_layers_ratio: those of K = 0 over these.
        type_cost: seconds that one type more takes, over those of K = 0, from the first T to this one; None for that.
    """

    shared: int
    once: int
    types: int
    seconds: float
    sentences_per_second: float
    ratio: float
    token_layers: int
    token_layers_ratio: float
    type_cost: float | None


def token_layers(examples: Examples, layers: int, once: int) -> int:
    """Tokens times layers: `once` layers for contexts and for queries, the others for pairs (the last: contexts only)."""
    contexts = sum(len(tokens.ids) + 1 for tokens in examples.contexts)
    queries, types = sum(len(tokens.ids) for tokens in examples.queries), len(examples.queries)
    pairs = types * contexts + len(examples.contexts) * queries
    apart = once * (contexts + queries)
    return apart if once == layers else apart + (layers - once - 1) * pairs + types * contexts


def bench_shared(
    model: SavedModel,
    texts: Sequence[str],
    types: Sequence[int],
    rounds: int,
    int8: bool,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Runs the benchmark.

    Args:
        model: a successor, with its tensors.
        texts: without entities.
        types: numbers of types, T, rising.
        rounds: timed rounds, in turns; the fastest of each way counts.
        int8: dense layers in int8, with ranges measured on the texts.
        say: gets a line of progress.

    Returns:
        `{"machine", "precision", "workloads", "rows"}`, see `SharedRow`.
    """
    # Of a model with words the layers are run, and not what it has for words.
    config = replace(model.spec.config, words=None)
    layers = config.encoder.num_layers
    ways = [(shared, shared) for shared in range(layers + 1)]
    if 0 < config.shared.layers < layers:
        ways.append((config.shared.layers, 0))
    engines: dict[tuple[int, int], Engine] = {}
    specs: dict[tuple[int, int], ModelSpec] = {}
    for shared, once in ways:
        say(f"preparing K = {shared}" + ("" if once == shared else ", plain run"))
        changed = replace(config, shared=replace(config.shared, layers=shared))
        spec = replace(model.spec, config=changed, pieces=None, lexicon=None)
        way = SavedModel(spec, {**_any_fusion(config.encoder.hidden_size), **model.tensors})
        specs[shared, once] = spec
        ranges = measure_ranges(way, examples_of(spec, Workload("", tuple(texts), 1))) if int8 else None
        engines[shared, once] = engine_of(way, ranges, once)
    rows: list[SharedRow] = []
    workloads = {}
    first: dict[tuple[int, int], float] = {}
    for count in types:
        say(f"T = {count}")
        workload = Workload("", tuple(texts), count)
        inputs = {way: examples_of(spec, workload) for way, spec in specs.items()}
        examples = inputs[0, 0]
        workloads[f"T={count}"] = facts(examples, texts, BUDGET)
        best = _fastest(engines, inputs, rounds)
        plain = best[0, 0]
        for (shared, once), seconds in best.items():
            cost = None
            if first:
                cost = round((seconds - first[shared, once]) / (plain - first[0, 0]), 3)
            work = token_layers(examples, layers, once)
            rows.append(
                SharedRow(
                    shared,
                    once,
                    count,
                    round(seconds, 4),
                    round(len(texts) / seconds, 2),
                    round(plain / seconds, 2),
                    work,
                    round(token_layers(examples, layers, 0) / work, 2),
                    cost,
                )
            )
        first = first or best
    for engine in engines.values():
        engine.close()
    return {
        "machine": describe_machine(),
        "precision": "int8" if int8 else "fp32",
        "workloads": workloads,
        "rows": [asdict(row) for row in rows],
    }


def _any_fusion(size: int) -> dict[str, np.ndarray]:
    """Weights of `LateFusion` for a model that has none."""
    shapes = {"context.weight": (size, size), "query.weight": (size, size)}
    names = (
        "context.weight",
        "context.bias",
        "query.weight",
        "query.bias",
        "query.LayerNorm.weight",
        "query.LayerNorm.bias",
    )
    random = np.random.default_rng(0)
    return {
        f"heads.fusion.{name}": random.standard_normal(shapes.get(name, (size,))).astype(np.float32) / size**0.5
        for name in names
    }


def _fastest(
    engines: dict[tuple[int, int], Engine], inputs: dict[tuple[int, int], Examples], rounds: int
) -> dict[tuple[int, int], float]:
    best: dict[tuple[int, int], float] = {}
    for number in range(rounds + 1):
        for way, engine in engines.items():
            start = time.perf_counter()
            engine.answer(inputs[way], lambda *answer: None)
            seconds = time.perf_counter() - start
            # The first round pays for memory.
            best[way] = min(best.get(way, np.inf), seconds) if number else np.inf
    return best
