"""`bert-mrc-theseus predict`: entities of text files."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bert_mrc_theseus.cli.quiet import import_tensorflow
from bert_mrc_theseus.errors import DataError

PARTIAL = 3
"""Exit status of a job that is done but had to leave out records that could not be read."""


def predict(
    model: Annotated[Path, typer.Argument(help="Model folder, for example RUN/stage2/best.")],
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Text, JSONL or gz files, folders, or -.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Output file (folder for brat); default: stdout.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="jsonl, conll, brat or text (entities marked).")] = "jsonl",
    whole_files: Annotated[
        bool, typer.Option("--whole-files", help="A text file is one document, not one a line.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="auto (ONNX if the model was exported), onnx or keras; see export.")
    ] = "auto",
    threshold: Annotated[
        float | None, typer.Option(help="Smallest start and end probability, instead of the model's.", min=0, max=1)
    ] = None,
) -> None:
    """Find entities in texts. Exit status 3 says that some records could not be read."""
    from bert_mrc_theseus.decoding import Thresholds
    from bert_mrc_theseus.engines import choose_engine
    from bert_mrc_theseus.inputs import find_inputs, read_inputs
    from bert_mrc_theseus.outputs import write_outputs
    from bert_mrc_theseus.prediction import Extractor

    console = Console(stderr=True, soft_wrap=True)
    files = find_inputs(inputs)
    if choose_engine(model, engine) == "keras":
        import_tensorflow()
    extractor = Extractor.load(model, None if threshold is None else Thresholds(threshold, threshold), engine)
    skipped = 0

    def report(error: DataError) -> None:
        nonlocal skipped
        skipped += 1
        console.print(f"skipped: {error}", style="yellow", markup=False, highlight=False)

    lost = write_outputs(extractor.documents(read_inputs(files, report, whole_files)), form, out)
    if lost:
        console.print(f"{lost} nested entities left out: {form} cannot carry them")
    if skipped:
        console.print(f"{skipped} records could not be read", style="red")
        raise typer.Exit(PARTIAL)
