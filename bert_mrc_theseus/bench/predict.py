"""`bench predict`: one saved model on every engine, in one run.

Contenders run in processes of their own, one at a time, in turns; of each, the fastest round counts. Ratios within a run can be
compared, seconds of two runs cannot.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.bench.contenders import CONTENDERS, missing_for
from bert_mrc_theseus.bench.machine import describe_machine, matmul_peak
from bert_mrc_theseus.bench.own_process import OwnProcess
from bert_mrc_theseus.bench.predict_worker import PredictWorker
from bert_mrc_theseus.bench.workload import Workload, arithmetic, examples_of, facts
from bert_mrc_theseus.engines.onnx_engine import BUDGET
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.model_files.model_folder import load_spec

LATENCY_TEXTS = 50


@dataclass(frozen=True)
class PredictRow:
    """A contender with a model on a workload.

    Attributes:
        model: folder.
        contender: engine and precision.
        workload: its name.
        types: T.
        seconds: of the fastest round, from token ids to probabilities.
        reading: seconds from texts to token ids, words and all, of the fastest round; not among `seconds`.
        sentences_per_second, characters_per_second, tokens_per_second: padding not counted.
        gflops: arithmetic of the encoder a second, padding not counted.
        peak_share: `gflops` over the machine's float32 matmul peak; int8 can exceed 1.
        ratio: sentences a second over those of the reference on the same workload.
        difference: largest absolute difference of a probability to the reference of the same model.
        latency_p50, latency_p95: milliseconds of a single text.
        memory: peak of the process so far, MB.
    """

    model: str
    contender: str
    workload: str
    types: int
    seconds: float
    reading: float
    sentences_per_second: float
    characters_per_second: float
    tokens_per_second: float
    gflops: float
    peak_share: float
    ratio: float
    difference: float
    latency_p50: float
    latency_p95: float
    memory: float


def bench_predict(
    models: Sequence[Path],
    workloads: Sequence[Workload],
    rounds: int,
    reference: tuple[Path, str],
    say: Callable[[str], None],
    contenders: Sequence[str] = tuple(CONTENDERS),
) -> dict[str, Any]:
    """Runs the benchmark.

    Args:
        models: model folders.
        workloads: what to run.
        rounds: timed rounds of each contender and workload.
        reference: (model, contender) that ratios are taken over; if it cannot run, the first that can.
        say: gets a line of progress.
        contenders: names in `CONTENDERS`; those that cannot run here are left out, with a reason.

    Returns:
        `{"machine", "matmul_peak_gflops", "workloads", "rows", "left_out"}`, see `PredictRow`.
    """
    pairs, left_out = [], {}
    for folder in models:
        for name in contenders:
            reason = missing_for(name, folder)
            if reason:
                left_out[f"{folder} {name}"] = reason
                say(f"left out: {name}: {translated(reason)}")
            else:
                pairs.append((folder, name))
    peak = matmul_peak()
    say(f"float32 matmul peak: {peak:.0f} GFLOP/s")
    workers = {pair: OwnProcess(PredictWorker, pair[1], pair[0]) for pair in pairs}
    rows: list[PredictRow] = []
    descriptions = {}
    try:
        for workload in workloads:
            say(f"{workload.name}, T = {workload.types}")
            rows += _run_workload(workers, workload, rounds, reference, peak)
            descriptions[f"{workload.name} T={workload.types}"] = facts(
                examples_of(load_spec(models[0]), workload), workload.texts, BUDGET
            )
    finally:
        for worker in workers.values():
            worker.stop()
    return {
        "machine": describe_machine(),
        "matmul_peak_gflops": round(peak, 1),
        "workloads": descriptions,
        "rows": [asdict(row) for row in rows],
        "left_out": left_out,
    }


def _run_workload(
    workers: dict[tuple[Path, str], OwnProcess],
    workload: Workload,
    rounds: int,
    reference: tuple[Path, str],
    peak: float,
) -> list[PredictRow]:
    best: dict[tuple[Path, str], float] = {}
    reading: dict[tuple[Path, str], float] = {}
    outputs: dict[tuple[Path, str], list[np.ndarray]] = {}
    latencies: dict[tuple[Path, str], list[float]] = {}
    single = Workload(workload.name, workload.texts[:LATENCY_TEXTS], workload.types)
    for pair, worker in workers.items():
        # The first run pays for traces and for memory.
        outputs[pair] = worker.call("run", workload)[2]
    for _ in range(rounds):
        for pair, worker in workers.items():
            seconds, read, _ = worker.call("run", workload)
            best[pair] = min(best.get(pair, float("inf")), seconds)
            reading[pair] = min(reading.get(pair, float("inf")), read)
    for pair, worker in workers.items():
        latencies[pair] = worker.call("latencies", single)
    slowest = best.get(reference) or next(iter(best.values()))
    rows = []
    for (folder, name), seconds in best.items():
        spec = load_spec(folder)
        examples = examples_of(spec, workload)
        lengths = examples.lengths(examples.all_pairs())
        gflops = arithmetic(lengths, spec.config.encoder) / seconds / 1e9
        reference_output = next(windows for (other, _), windows in outputs.items() if other == folder)
        output = outputs[folder, name]
        milliseconds = 1e3 * np.array(latencies[folder, name])
        rows.append(
            PredictRow(
                str(folder),
                name,
                workload.name,
                workload.types,
                round(seconds, 4),
                round(reading[folder, name], 4),
                round(len(workload.texts) / seconds, 2),
                round(sum(map(len, workload.texts)) / seconds, 1),
                round(float(lengths.sum()) / seconds, 1),
                round(gflops, 1),
                round(gflops / peak, 3),
                round(slowest / seconds, 2),
                round(
                    float(max(np.abs(a - b).max() for a, b in zip(reference_output, output, strict=True) if a.size)), 6
                ),
                round(float(np.percentile(milliseconds, 50)), 2),
                round(float(np.percentile(milliseconds, 95)), 2),
                round(workers[folder, name].call("peak_memory"), 1),
            )
        )
    return rows
