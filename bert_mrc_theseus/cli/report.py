"""`bert-mrc-theseus report`: a run on one HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli.values import split_file
from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.output.terminal import PlainConsole


def report(
    run: Annotated[Path, typer.Argument(help="Run folder with stage0, stage1, stage2.", exists=True, file_okay=False)],
    data: Annotated[Path, typer.Argument(help="Data folder (see preprocess), or one JSONL file.", exists=True)],
    split: Annotated[str, typer.Option(help="Which split of the folder.")] = "test",
    nested: Annotated[bool, typer.Option("--nested", help="Entities may overlap, see docs/nested.md.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Page to write; default: RUN/report.html.")] = None,
) -> None:
    """Scores, learning curves, calibration, confusions and every mistake in its text, on one page without other files."""
    from bert_mrc_theseus.model_files.model_folder import files_of_models
    from bert_mrc_theseus.outputs import check_output_file
    from bert_mrc_theseus.text.interchange import read_documents

    path = split_file(data, split)
    out = out or run / "report.html"
    check_output_file(out, [path, *files_of_models(run)])
    documents = list(read_documents(path))
    if not documents:
        raise DataError("no documents", path)
    from bert_mrc_theseus.evaluation.run_report import run_report_page
    from bert_mrc_theseus.evaluation.run_summary import summarise_run
    from bert_mrc_theseus.files.atomic_files import atomic_write
    from bert_mrc_theseus.files.sha256 import sha256_of

    stages = summarise_run(run, documents, {"file": path.name, "sha256": sha256_of(path)}, nested=nested)
    with atomic_write(out) as stream:
        stream.write(run_report_page(run, stages, documents))
    PlainConsole(soft_wrap=True).print(f"{run} on {path.name} -> {out}")
