"""`bert-mrc-theseus export`: a trained encoder for other projects."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bert_mrc_theseus.cli.quiet import import_tensorflow


def export(
    model: Annotated[Path, typer.Argument(help="Model folder, such as RUN/stage2/best.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    to: Annotated[str, typer.Option(help="hf: Hugging Face BERT folder; tf: checkpoint with Google's names.")] = "hf",
) -> None:
    """Write a model's encoder as a plain BERT, without the heads."""
    import_tensorflow()
    from bert_mrc_theseus.export import export_encoder

    export_encoder(model, to, out)
    Console(stderr=True).print(f"{model} -> {out}", markup=False, highlight=False)
