"""`bert-mrc-theseus evaluate`: scores of a model, or of all stages of a run, on a split of a data folder."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.cli.model_places import MODEL_PLACE
from bert_mrc_theseus.cli.values import split_file
from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole

if TYPE_CHECKING:
    from bert_mrc_theseus.evaluation.evaluate import Evaluation
    from bert_mrc_theseus.evaluation.run_summary import StageSummary
    from bert_mrc_theseus.text.documents import Document


def evaluate(
    model: Annotated[
        Path,
        typer.Argument(
            help="Model folder, such as RUN/stage2/best, or hf:OWNER/NAME; or RUN, for all its stages.", **MODEL_PLACE
        ),
    ],
    data: Annotated[Path, typer.Argument(help="Data folder (see preprocess), or one JSONL file.", exists=True)],
    split: Annotated[
        str,
        typer.Option(
            help="Which split of the folder.", autocompletion=complete.splits, rich_help_panel=panels.MEASUREMENT
        ),
    ] = "test",
    nested: Annotated[
        bool,
        typer.Option("--nested", help="Entities may overlap, see docs/nested.md.", rich_help_panel=panels.MEASUREMENT),
    ] = False,
    tune: Annotated[
        bool,
        typer.Option(
            "--tune", help="Tune the thresholds on the folder's dev first.", rich_help_panel=panels.MEASUREMENT
        ),
    ] = False,
    keep_thresholds: Annotated[
        bool,
        typer.Option(
            "--save-thresholds",
            help="Keep the tuned thresholds in the model folder.",
            rich_help_panel=panels.MEASUREMENT,
        ),
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            help="auto (ONNX if the model was exported), onnx, onnx:PROVIDER (cuda, coreml, openvino ...) or keras.",
            autocompletion=complete.engines,
            rich_help_panel=panels.MODEL,
        ),
    ] = "auto",
    seqeval: Annotated[
        bool,
        typer.Option(
            "--seqeval",
            help="Also seqeval's own strict report (IOB2), as papers have it (one model).",
            rich_help_panel=panels.MEASUREMENT,
        ),
    ] = False,
    report: Annotated[Path | None, typer.Option(help="JSON report to write.", rich_help_panel=panels.OUTPUT)] = None,
    errors: Annotated[
        Path | None, typer.Option(help="JSONL list of mistakes to write (one model).", rich_help_panel=panels.OUTPUT)
    ] = None,
) -> None:
    """Strict precision, recall and F1, micro and per type, and what went wrong."""
    from bert_mrc_theseus.files.places import check_place
    from bert_mrc_theseus.files.sha256 import sha256_of
    from bert_mrc_theseus.integrations.seqeval_report import check_seqeval
    from bert_mrc_theseus.model_files.hub import is_on_hub, local_model
    from bert_mrc_theseus.model_files.model_folder import files_of_models
    from bert_mrc_theseus.model_files.run_folder import RunFolder
    from bert_mrc_theseus.outputs import check_output_files
    from bert_mrc_theseus.provenance import write_json
    from bert_mrc_theseus.text.interchange import read_documents

    console = PlainConsole()
    path = split_file(data, split)
    if tune and not data.is_dir():
        raise UsageError("--tune needs a data folder, whose dev is tuned on")
    if keep_thresholds and not tune:
        raise UsageError("--save-thresholds keeps what --tune finds: say --tune too")
    if keep_thresholds and is_on_hub(model):
        raise UsageError(f"--save-thresholds writes into a model folder: {model} is on the hub")
    if seqeval:
        check_seqeval()
    model = local_model(model)
    check_output_files((report, errors), [path, data / "dev.jsonl", *files_of_models(model)])
    if keep_thresholds and model.is_dir():
        check_place(model / "config.json")
    documents = list(read_documents(path))
    if not documents:
        raise DataError("no documents", path)
    dev = list(read_documents(data / "dev.jsonl")) if tune else None
    source = {"file": path.name, "sha256": sha256_of(path)}
    if os.path.isdir(RunFolder(model).stage(0).path):
        if errors is not None or keep_thresholds or seqeval:
            raise UsageError(
                f"--errors, --seqeval and --save-thresholds are for one model, such as {RunFolder(model).stage(2).best}"
            )
        from bert_mrc_theseus.evaluation.run_summary import summarise_run

        stages = summarise_run(model, documents, source, dev, nested)
        _print_run(console, stages, f"{model} on {path.name}")
        content = {f"stage{item.stage}": item.report for item in stages}
    else:
        content = _evaluate_one(
            console, model, engine, documents, source, dev, keep_thresholds, errors, nested, seqeval
        )
    if report is not None:
        write_json(report, content)


def _evaluate_one(
    console: PlainConsole,
    folder: Path,
    engine_name: str,
    documents: "list[Document]",
    source: dict[str, str],
    dev: "list[Document] | None",
    keep_thresholds: bool,
    errors: Path | None,
    nested: bool,
    seqeval: bool,
) -> dict:
    from bert_mrc_theseus.engines.choose import choose_engine, engine_files, load_engine
    from bert_mrc_theseus.evaluation.evaluate import evaluate_model, evaluation_report
    from bert_mrc_theseus.evaluation.mistakes import write_mistakes
    from bert_mrc_theseus.evaluation.tuning import tune_on
    from bert_mrc_theseus.files.sha256 import sha256_of
    from bert_mrc_theseus.model_files.model_folder import save_thresholds

    chosen = choose_engine(folder, engine_name)
    spec, engine = load_engine(folder, chosen)
    thresholds = spec.thresholds
    if dev is not None:
        thresholds, f1 = tune_on(engine, spec, dev, nested)
        match = f", match {thresholds.match}" if nested and spec.config.match else ""
        console.say(
            f"thresholds tuned on dev: start {thresholds.start}, end {thresholds.end}{match} (strict F1 there {f1:.4f})"
        )
        if keep_thresholds:
            save_thresholds(folder, thresholds)
    done = evaluate_model(engine, spec, documents, thresholds, nested)
    _print_evaluation(console, done, f"strict scores: {folder} on {source['file']} ({chosen})")
    if errors is not None:
        write_mistakes(errors, done.mistakes)
    tag_view = {"seqeval": _print_seqeval(console, documents, done.predicted)} if seqeval else {}
    return {
        **evaluation_report(done, spec, thresholds, source),
        **tag_view,
        "engine": chosen,
        "model": {file.name: sha256_of(file) for file in engine_files(folder, chosen)},
        "decoding": spec.decoding(nested),
    }


def _print_evaluation(console: PlainConsole, done: "Evaluation", title: str) -> None:
    from bert_mrc_theseus.evaluation.mistakes import count_kinds

    table = Table(*map(translated, ("type", "precision", "recall", "F1", "support")), title=translated(title))
    for name, prf in [*done.strict.types.items(), ("micro", done.strict.micro)]:
        end = name == list(done.strict.types)[-1]
        scores = (f"{value:.4f}" for value in (prf.precision, prf.recall, prf.f1))
        table.add_row(name, *scores, f"{prf.support:,}", end_section=end)
    console.print(table)
    console.say(f"string-set F1 of the original project (untyped, not comparable): {done.string_set.f1:.4f}")
    kinds = ", ".join(translated(f"{count} {kind}") for kind, count in count_kinds(done.mistakes).items())
    console.say(f"mistakes: {kinds}; gold entities clipped by windows: {done.clipped}")
    if done.nested["inner"].support:
        parts = ", ".join(translated(f"{part} {prf.tp:,} of {prf.support:,}") for part, prf in done.nested.items())
        console.say(f"found of the gold entities: {parts}")
    if done.strict.micro.tp + done.strict.micro.fp == 0:
        console.say(
            "The model predicts nothing. Likely causes: trained with too high a learning rate or too briefly, or "
            "thresholds too high (try --tune).",
            style="red",
        )


def _print_seqeval(console: PlainConsole, gold: "list[Document]", predicted: "list[Document]") -> dict:
    """Prints seqeval's report and gives it for the JSON one."""
    from bert_mrc_theseus.integrations.seqeval_report import seqeval_report

    found = seqeval_report(gold, predicted)
    console.say(f"\nseqeval, strict, IOB2:\n{found.text}")
    if found.lost_gold or found.lost_predicted:
        of_gold, of_predicted = (sum(len(document.entities) for document in side) for side in (gold, predicted))
        console.say(
            f"tags cannot hold entities inside others: {found.lost_gold:,} of {of_gold:,} gold and {found.lost_predicted:,} of "
            f"{of_predicted:,} predicted ones are not in seqeval's figures"
        )
    return found.to_dict()


def _print_run(console: PlainConsole, stages: "list[StageSummary]", title: str) -> None:
    columns = ("model", "layers", "parameters", "strict F1", "retention", "minutes")
    table = Table(*map(translated, columns), title=translated(title))
    first = stages[0]
    for item in stages:
        kept = f"{item.f1 / first.f1:.1%}" if first.stage == 0 and first.f1 > 0 else "-"
        table.add_row(
            translated(item.title),
            str(item.layers),
            f"{item.parameters / 1e6:.1f} M",
            f"{item.f1:.4f}",
            kept,
            "-" if item.minutes is None else f"{item.minutes:.1f}",
        )
    console.print(table)
