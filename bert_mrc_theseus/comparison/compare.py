"""`compare`: several ways to compress the same predecessor, on the same data, with the same number of gradient steps.

    OUT/seed42/predecessor/stage0/...    one predecessor a seed, shared by all methods
    OUT/seed42/linear-6/stage1, stage2   a method's successor of 6 layers
    OUT/seed42/linear-6/test.json        its evaluation
    OUT/seed42/linear-6-shared4/...      the same with 4 shared modules
    OUT/seed42/linear-6-x3/...           the same with a stage 2 three times as long
    OUT/compare.json, OUT/compare.md     the table

What is finished is kept, what is not is resumed. A successor's steps are those of stages 1 and 2 together: methods of one stage
get as many epochs in it.
"""

import json
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from bert_mrc_theseus.comparison.methods import METHODS, PUBLISHED, Model, Settings, stage_configs
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.engines.onnx_engine import OnnxEngine
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.evaluation.evaluate import evaluate_model, evaluation_report
from bert_mrc_theseus.files import sha256_of
from bert_mrc_theseus.model_files.model_folder import SavedModel, load_model
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.provenance import write_json
from bert_mrc_theseus.text.documents import Document, read_documents
from bert_mrc_theseus.training.config import TrainingConfig
from bert_mrc_theseus.training.stages import train_stage


@dataclass(frozen=True)
class Row:
    """A model, over its seeds.

    Attributes:
        name: of the method.
        title: of the method.
        layers: of the model.
        shared: how many are shared.
        times: stage 2 is as many times as long as the others'.
        seeds: that were run.
        f1: strict micro F1 on test, a value a seed.
        string_set_f1: the original project's metric.
        retention: F1 over that of the same seed's predecessor, a value a seed.
        speed: sentences a second over the predecessor's; NaN: not measured.
        parameters: of the model, embeddings and heads included.
        minutes: of training, without the predecessor's, mean.
    """

    name: str
    title: str
    layers: int
    shared: int
    times: int
    seeds: list[int]
    f1: list[float]
    string_set_f1: list[float]
    retention: list[float]
    speed: float
    parameters: int
    minutes: float
    published: float | None


def compare(
    data: Path,
    out: Path,
    wanted: Sequence[Model],
    seeds: Sequence[int],
    settings: Settings,
    console: Console,
    texts: int = 60,
) -> list[Row]:
    """Trains what is not trained yet, evaluates it on test, and writes the table.

    Args:
        data: data folder with train, dev and test.
        out: folder of everything.
        wanted: what to train; the predecessor always is.
        seeds: each trains all of them.
        settings: common to all of them.
        console: for progress.
        texts: of test, on which speed is measured; 0: not.

    Raises:
        UserError: a setting makes no sense, or a row was trained with other settings before.
    """
    test = data / "test.jsonl"
    documents = list(read_documents(test))
    source = {"file": test.name, "sha256": sha256_of(test)}
    whole = Model("predecessor")
    reports: dict[Model, dict[int, dict]] = {model: {} for model in [whole, *wanted]}
    # All of them first: a setting that makes no sense should not stop hours of training.
    plans = {(seed, model): stage_configs(model, seed, settings) for seed in seeds for model in reports}
    for seed in seeds:
        for model, found in reports.items():
            console.print(f"seed {seed}: {model.folder}", highlight=False)
            folder = out / f"seed{seed}" / model.folder
            best = _train(data, folder, plans[seed, model], settings, console)
            found[seed] = _evaluate(best, folder, documents, source)
    speeds = _speeds(reports, out, [d.text for d in documents if d.text][:texts]) if texts else {}
    rows = [_row(model, found, reports[whole], speeds) for model, found in reports.items()]
    write_json(
        out / "compare.json",
        {
            "data": source,
            "settings": asdict(settings),
            "rows": [asdict(row) for row in rows],
            "reports": [
                {**model._asdict(), "seed": seed, **report}
                for model, found in reports.items()
                for seed, report in found.items()
            ],
        },
    )
    return rows


def _train(data: Path, folder: Path, configs: dict[int, TrainingConfig], settings: Settings, console: Console) -> Path:
    predecessor = folder.parent / "predecessor" / "stage0" / "best"
    best = folder
    for stage, config in configs.items():
        _check_settings(folder / f"stage{stage}" / "report.json", config)
        best = train_stage(
            stage,
            data,
            folder,
            config,
            settings.encoder,
            settings.query_style,
            settings.window,
            settings.context_position,
            predecessor=None if stage == 0 else predecessor,
            resume=True,
            console=console,
        )
    return best


def _check_settings(report: Path, config: TrainingConfig) -> None:
    if not report.is_file():
        return
    # A setting that did not exist then had what is now its default.
    then = {**asdict(TrainingConfig()), **json.loads(report.read_text(encoding="utf-8"))["config"]}
    now = asdict(config)
    changed = [key for key in now if key != "checkpoint_minutes" and then[key] != now[key]]
    if changed:
        details = "; ".join(f"{key}: {then[key]} then, {now[key]} now" for key in changed)
        raise UserError(f"{report.parent} was trained with other settings ({details}): use them, or another --out")


def _evaluate(best: Path, folder: Path, documents: Sequence[Document], source: dict[str, str]) -> dict[str, Any]:
    """Evaluates a model, unless that was done before."""
    path = folder / "test.json"
    weights = sha256_of(best / "model.safetensors")
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["model"] == weights and known["data"] == source:
            return known
    model = load_model(best)
    report = evaluation_report(evaluate_model(_engine(model), model, documents), model, model.thresholds, source)
    done = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("stage*/report.json"))]
    report = {
        **report,
        "model": weights,
        "shared": model.sharing.modules,
        "parameters": sum(tensor.size for tensor in model.tensors.values()),
        "minutes": round(sum(stage["minutes"] for stage in done), 2),
        "dev_f1": done[-1]["best_f1"],
        "steps": [stage["steps"] for stage in done],
    }
    write_json(path, report)
    return report


def _engine(model: SavedModel) -> OnnxEngine:
    return OnnxEngine(serialised(build_graphs(model)), model.sharing.context_position)


def _speeds(
    reports: Mapping[Model, Mapping[int, dict]], out: Path, texts: Sequence[str]
) -> dict[tuple[int, int], float]:
    """Seconds for some texts with all types, by layers and shared modules: of equal shapes one is run."""
    engines: dict[tuple[int, int], tuple[Engine, SavedModel]] = {}
    for model, found in reports.items():
        seed, report = next(iter(found.items()))
        shape = (report["layers"], report["shared"])
        if shape not in engines:
            saved = load_model(max((out / f"seed{seed}" / model.folder).glob("stage*/best")))
            engines[shape] = (_engine(saved), replace(saved, tensors={}))
    documents = [Document(str(i), text) for i, text in enumerate(texts)]
    best = dict.fromkeys(engines, float("inf"))
    for _ in range(3):
        for shape, (engine, saved) in engines.items():
            examples = saved.examples(documents)
            start = time.perf_counter()
            engine(examples)
            best[shape] = min(best[shape], time.perf_counter() - start)
    return best


def _row(
    model: Model,
    found: Mapping[int, dict],
    predecessors: Mapping[int, dict],
    speeds: Mapping[tuple[int, int], float],
) -> Row:
    method = METHODS[model.method]
    one = next(iter(found.values()))
    whole = next(iter(predecessors.values()))
    f1 = [report["strict"]["micro"]["f1"] for report in found.values()]
    before = [predecessors[seed]["strict"]["micro"]["f1"] for seed in found]
    mine, theirs = (speeds.get((report["layers"], report["shared"])) for report in (one, whole))
    return Row(
        model.method,
        method.title,
        one["layers"],
        one["shared"],
        model.times,
        list(found),
        f1,
        [report["string_set"]["f1"] for report in found.values()],
        [a / b if b else float("nan") for a, b in zip(f1, before, strict=True)],
        theirs / mine if mine and theirs else float("nan"),
        one["parameters"],
        float(np.mean([report["minutes"] for report in found.values()])),
        PUBLISHED.get(model),
    )


COLUMNS: dict[str, Callable[[Row], str]] = {
    "method": lambda row: (
        row.title
        + (f" (K = {row.shared})" if row.shared else "")
        + (f", stage 2 x {row.times}" if row.times > 1 else "")
    ),
    "layers": lambda row: str(row.layers),
    "strict F1": lambda row: mean_and_deviation(row.f1),
    "string-set F1": lambda row: f"{statistics.fmean(row.string_set_f1):.4f}",
    "retention": lambda row: f"{statistics.fmean(row.retention):.1%}",
    "sentences/s": lambda row: "" if math.isnan(row.speed) else f"{row.speed:.2f} x",
    "parameters": lambda row: f"{row.parameters / 1e6:.1f} M",
    "minutes": lambda row: f"{row.minutes:.0f}",
    "published (People's Daily, its own metric)": lambda row: "" if row.published is None else f"{row.published:.4f}",
}
"""The table's columns."""


def mean_and_deviation(values: Sequence[float]) -> str:
    """Mean and sample standard deviation; a single value as it is."""
    mean = f"{statistics.fmean(values):.4f}"
    return f"{mean} ± {statistics.stdev(values):.4f} ({len(values)})" if len(values) > 1 else mean


def markdown(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    lines = [list(COLUMNS), ["---"] * len(COLUMNS), *([cell(row) for cell in COLUMNS.values()] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
