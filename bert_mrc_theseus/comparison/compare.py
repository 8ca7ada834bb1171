"""`compare`: several ways to compress the same predecessor, on the same data, with the same number of gradient steps.

    OUT/seed42/predecessor/stage0/...    one predecessor a seed, shared by all methods
    OUT/seed42/linear-6/stage1, stage2   a method's successor of 6 layers
    OUT/seed42/linear-6/test.json        its evaluation
    OUT/seed42/linear-6-shared4/...      the same with 4 shared layers
    OUT/seed42/linear-6-x3/...           the same with a stage 2 three times as long
    OUT/compare.json, OUT/compare.md     the table

What is finished is kept, what is not is resumed. A successor's steps are those of stages 1 and 2 together: methods of one stage
get as many epochs in it.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bert_mrc_theseus.comparison.methods import Candidate, Settings, StagePlan, stage_plans
from bert_mrc_theseus.comparison.table import ComparisonRow, comparison_row
from bert_mrc_theseus.decoding.entities import FlatAnswers
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.errors import TrainingError
from bert_mrc_theseus.evaluation.evaluate import evaluate_model, evaluation_report
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model_files.model_folder import WEIGHTS, load_model
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.model_files.run_folder import RunFolder
from bert_mrc_theseus.onnx_export.graphs import engine_of
from bert_mrc_theseus.provenance import write_json
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import read_documents
from bert_mrc_theseus.training.progress import Progress
from bert_mrc_theseus.training.stages import fine_tune_predecessor, fine_tune_successor, replace_modules


def compare(
    data: Path,
    out: Path,
    wanted: Sequence[Candidate],
    seeds: Sequence[int],
    settings: Settings,
    progress: Progress,
    texts: int = 60,
) -> list[ComparisonRow]:
    """Trains what is not trained yet, evaluates it on test, and writes the table.

    Args:
        data: data folder with train, dev and test.
        out: folder of everything.
        wanted: what to train; the predecessor always is.
        seeds: each trains all of them.
        settings: common to all of them.
        progress: is told.
        texts: of test, on which speed is measured; 0: not.

    Raises:
        UserError: a setting makes no sense.
        ModelError: a row was trained with other settings, data or weights before.
        TrainingError: a predecessor finds nothing.
    """
    test = data / "test.jsonl"
    documents = list(read_documents(test))
    source = {"file": test.name, "sha256": sha256_of(test)}
    predecessor = Candidate("predecessor")
    reports: dict[Candidate, dict[int, dict]] = {candidate: {} for candidate in [predecessor, *wanted]}
    # All of them first: a setting that makes no sense should not stop hours of training.
    plans = {(seed, candidate): stage_plans(candidate, seed, settings) for seed in seeds for candidate in reports}
    for seed in seeds:
        for candidate, by_seed in reports.items():
            progress.say(f"seed {seed}: {candidate.folder}")
            run = RunFolder(out / f"seed{seed}" / candidate.folder)
            best = _train(data, run, plans[seed, candidate], settings, progress)
            by_seed[seed] = _evaluate(best, run, documents, source)
    speeds = _speeds(reports, out, [d.text for d in documents if d.text][:texts]) if texts else {}
    rows = [comparison_row(candidate, by_seed, reports[predecessor], speeds) for candidate, by_seed in reports.items()]
    write_json(
        out / "compare.json",
        {
            "data": source,
            "settings": asdict(settings),
            "rows": [asdict(row) for row in rows],
            "reports": [
                {**candidate._asdict(), "seed": seed, **report}
                for candidate, by_seed in reports.items()
                for seed, report in by_seed.items()
            ],
        },
    )
    return rows


def _train(data: Path, run: RunFolder, plans: Sequence[StagePlan], settings: Settings, progress: Progress) -> Path:
    predecessor = RunFolder(run.path.parent / "predecessor").stage(0).best
    best = run.path
    for stage, config, replacing, distillation in plans:
        if stage == 0:
            result = fine_tune_predecessor(data, run.path, config, settings.new, resume=True, progress=progress)
        elif replacing is not None:
            result = replace_modules(
                data, run.path, config, replacing, distillation, predecessor=predecessor, resume=True, progress=progress
            )
        else:
            result = fine_tune_successor(
                data, run.path, config, distillation, predecessor=predecessor, resume=True, progress=progress
            )
        if stage == 0 and result.finds_nothing:
            raise TrainingError(f"the predecessor {result.best} finds no entity of dev: its successors are not trained")
        best = result.best
    return best


def _evaluate(best: Path, run: RunFolder, documents: Sequence[Document], source: dict[str, str]) -> dict[str, Any]:
    """Evaluates a model, unless that was done before."""
    path = run.path / "test.json"
    weights = sha256_of(best / WEIGHTS)
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["model"] == weights and known["data"] == source:
            return known
    model = load_model(best)
    spec, engine = model.spec, engine_of(model)
    report = evaluation_report(evaluate_model(engine, spec, documents), spec, spec.thresholds, source)
    engine.close()
    done = [stage for folder in run.stages() if (stage := folder.report()) is not None]
    report = {
        **report,
        "model": weights,
        "shared": spec.config.shared.layers,
        "parameters": model.parameters,
        "minutes": round(sum(stage.minutes for stage in done), 2),
        "dev_f1": done[-1].best_f1,
        "steps": [stage.steps for stage in done],
    }
    write_json(path, report)
    return report


def _speeds(
    reports: Mapping[Candidate, Mapping[int, dict]], out: Path, texts: Sequence[str]
) -> dict[tuple[int, int], float]:
    """Seconds for some texts with all types, by layers and shared layers: of equal shapes one is run."""
    engines: dict[tuple[int, int], tuple[ModelSpec, Engine]] = {}
    for candidate, by_seed in reports.items():
        seed, report = next(iter(by_seed.items()))
        shape = (report["layers"], report["shared"])
        if shape not in engines:
            *_, last = RunFolder(out / f"seed{seed}" / candidate.folder).stages()
            model = load_model(last.best)
            engines[shape] = (model.spec, engine_of(model))
    documents = [Document(str(i), text) for i, text in enumerate(texts)]
    best = dict.fromkeys(engines, float("inf"))
    for _ in range(3):
        for shape, (spec, engine) in engines.items():
            examples = spec.examples(documents)
            answers = FlatAnswers(examples, spec.schema)
            start = time.perf_counter()
            engine.answer(examples, answers.add)
            best[shape] = min(best[shape], time.perf_counter() - start)
    for _, engine in engines.values():
        engine.close()
    return best
