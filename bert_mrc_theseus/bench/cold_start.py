"""`bench cold-start`: one sentence, from the start of the process to the end of its output."""

from pathlib import Path
from statistics import median
from typing import Any

from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.bench.measured_process import predict_command, run_measured
from bert_mrc_theseus.engines.choose import ENGINES, choose_engine

SENTENCE = "程晓光从广州飞往大连。\n"


def bench_cold_start(model: Path, rounds: int) -> dict[str, Any]:
    """Runs `predict` on one sentence with every engine that the model has, in turns.

    Returns:
        `{"machine", "rows"}`, a row an engine: median and fastest seconds, largest peak memory in MB.
    """
    engines = [engine for engine in ENGINES if engine != "auto"]
    if choose_engine(model) == "keras":
        engines.remove("onnx")
    runs: dict[str, list[tuple[float, float]]] = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine, measured in runs.items():
            measured.append(run_measured(predict_command(model, "-", "--engine", engine), SENTENCE.encode()))
    rows = [
        {
            "engine": engine,
            "seconds": round(median(seconds for seconds, _ in measured), 3),
            "fastest": round(min(seconds for seconds, _ in measured), 3),
            "memory": round(max(memory for _, memory in measured), 1),
        }
        for engine, measured in runs.items()
    ]
    return {"machine": describe_machine(), "model": str(model), "rows": rows}
