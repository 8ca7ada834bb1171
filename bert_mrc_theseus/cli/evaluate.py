"""`bert-mrc-theseus evaluate`: scores of a model on a split of a data folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bert_mrc_theseus.cli.quiet import import_tensorflow
from bert_mrc_theseus.errors import DataError


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder, for example RUN/stage2/best.")],
    data: Annotated[Path, typer.Argument(help="Data folder (see preprocess), or one JSONL file.")],
    split: Annotated[str, typer.Option(help="Which split of the folder.")] = "test",
    tune: Annotated[bool, typer.Option("--tune", help="Tune the thresholds on the folder's dev first.")] = False,
    save_thresholds: Annotated[
        bool, typer.Option("--save-thresholds", help="Keep the tuned thresholds in the model folder.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
    errors: Annotated[Path | None, typer.Option(help="JSONL list of mistakes to write.")] = None,
) -> None:
    """Strict precision, recall and F1, micro and per type, and what went wrong."""
    import_tensorflow()
    from bert_mrc_theseus.documents import read_documents
    from bert_mrc_theseus.error_analysis import count_kinds, write_mistakes
    from bert_mrc_theseus.evaluation import evaluate_model, evaluation_report, tune_on, write_report
    from bert_mrc_theseus.files import sha256_of
    from bert_mrc_theseus.keras_engine import keras_engine, keras_model
    from bert_mrc_theseus.model_folder import load_model, save_model, with_thresholds

    console = Console()
    saved = load_model(model)
    path = data / f"{split}.jsonl" if data.is_dir() else data
    documents = list(read_documents(path))
    if not documents:
        raise DataError("no documents", path)
    engine = keras_engine(keras_model(saved, str(model)))
    thresholds = saved.thresholds
    if tune:
        thresholds, f1 = tune_on(engine, saved, list(read_documents(data / "dev.jsonl")))
        console.print(
            f"thresholds tuned on dev: start {thresholds.start}, end {thresholds.end} (strict F1 there {f1:.4f})"
        )
        if save_thresholds:
            save_model(model, with_thresholds(saved, thresholds))
    done = evaluate_model(engine, saved, documents, thresholds)

    table = Table("type", "precision", "recall", "F1", "support", title=f"strict scores: {model} on {path.name}")
    for name, prf in [*done.strict.types.items(), ("micro", done.strict.micro)]:
        end = name == list(done.strict.types)[-1]
        scores = (f"{value:.4f}" for value in (prf.precision, prf.recall, prf.f1))
        table.add_row(name, *scores, f"{prf.support:,}", end_section=end)
    console.print(table)
    console.print(f"string-set F1 of the original project (untyped, not comparable): {done.string_set.f1:.4f}")
    kinds = ", ".join(f"{count} {kind}" for kind, count in count_kinds(done.mistakes).items())
    console.print(f"mistakes: {kinds}; gold entities clipped by windows: {done.clipped}")
    if done.strict.micro.tp + done.strict.micro.fp == 0:
        console.print(
            "[red]The model predicts nothing. Likely causes: trained with too high a learning rate or too briefly, or "
            "thresholds too high (try --tune)."
        )
    if report is not None:
        data_record = {"file": path.name, "sha256": sha256_of(path)}
        write_report(report, evaluation_report(done, saved, thresholds, data_record))
    if errors is not None:
        write_mistakes(errors, done.mistakes)
