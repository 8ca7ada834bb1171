"""`bert-mrc-theseus report`: predictions against gold, on one HTML page."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bert_mrc_theseus.cli import complete
from bert_mrc_theseus.cli.values import check_names, comma_list, split_file
from bert_mrc_theseus.errors import DataError, UsageError, printable
from bert_mrc_theseus.output.terminal import PlainConsole

if TYPE_CHECKING:
    from bert_mrc_theseus.text.documents import Document

JSONL = "jsonl"
"""The format of predictions that this project writes itself."""


def report(
    *,
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[MODEL]...",
            help="Run folders, model folders, or files of predictions; the first is what the others are compared with. "
            "Default: ner-zh-small.",
            exists=True,
        ),
    ] = None,
    data: Annotated[Path, typer.Argument(help="Data folder (see preprocess), or one JSONL file.", exists=True)],
    split: Annotated[str, typer.Option(help="Which split of the folder.", autocompletion=complete.splits)] = "test",
    types: Annotated[
        str | None, typer.Option(help="Names of the types that count, separated by commas; default: all.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="Format of predictions: jsonl, or another that preprocess reads.",
            autocompletion=complete.corpus_formats,
        ),
    ] = JSONL,
    nested: Annotated[bool, typer.Option("--nested", help="Entities may overlap, see docs/nested.md.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Page to write; default, for one run: RUN/report.html.")
    ] = None,
) -> None:
    """Scores, what was lost, calibration, confusions and every mistake in its text, on one page without other files."""
    from bert_mrc_theseus.evaluation.matching import only_types
    from bert_mrc_theseus.model_files.model_folder import files_of_models
    from bert_mrc_theseus.model_files.run_folder import RunFolder
    from bert_mrc_theseus.outputs import check_output_file
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.text.interchange import read_documents

    path, read = split_file(data, split), _reader(form)
    models = models or [bundled_model()]
    runs = [model for model in models if any(RunFolder(model).stages())]
    if out is None:
        if len(models) > 1 or not runs:
            raise UsageError("name the page: -o FILE (only the page of a single run has a place of its own)")
        out = models[0] / "report.html"
    of_models = [file for model in models for file in (files_of_models(model) if model.is_dir() else [model])]
    check_output_file(out, [path, *of_models])
    documents = list(read_documents(path))
    if not documents:
        raise DataError("no documents", path)
    chosen = None if types is None else comma_list(types, str, "--types")
    if chosen is not None:
        check_names(chosen, sorted({entity.type for document in documents for entity in document.entities}), "--types")
        documents = only_types(documents, chosen)
    from bert_mrc_theseus.evaluation.learning_curves import learning_curves
    from bert_mrc_theseus.evaluation.report_page import ReportData, report_page
    from bert_mrc_theseus.evaluation.systems import systems_of, with_names_of_their_own
    from bert_mrc_theseus.files.atomic_files import atomic_write
    from bert_mrc_theseus.files.sha256 import sha256_of
    from bert_mrc_theseus.provenance import command_line, versions

    systems = [system for model in models for system in systems_of(model, documents, chosen, nested, read)]
    source = ReportData(path.name, sha256_of(path), command_line(), versions())
    title = ", ".join(dict.fromkeys(model.resolve().name for model in models))
    curves = [curve for run in runs for curve in learning_curves(run)]
    page = report_page(title, with_names_of_their_own(systems), documents, source, curves)
    with atomic_write(out) as stream:
        # Names of files need not be UTF-8.
        stream.write(printable(page))
    PlainConsole(soft_wrap=True).say(f"{title} on {path.name} -> {out}")


def _reader(form: str) -> Callable[[Path], "Iterable[Document]"]:
    """What reads predictions.

    Raises:
        UsageError: no such format.
    """
    from bert_mrc_theseus.preprocess.readers.formats import reader_of
    from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
    from bert_mrc_theseus.preprocess.readers.sources import ReadOptions
    from bert_mrc_theseus.text.interchange import read_documents

    reader = reader_of(form)
    # This project's own format has scores too.
    return read_documents if form == JSONL else lambda path: reader(path, ReadReport(), ReadOptions())
