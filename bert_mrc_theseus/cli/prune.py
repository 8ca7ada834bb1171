"""`bert-mrc-theseus prune`: a model -> one with narrower layers."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli.model_places import MODEL_PLACE
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.files.places import refuse_existing
from bert_mrc_theseus.output.terminal import PlainConsole


def prune(
    model: Annotated[
        Path, typer.Argument(help="Model folder, such as RUN/stage2/best, or hf:OWNER/NAME.", **MODEL_PLACE)
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="Data folder; texts of train.jsonl are read to see what the layers use.", exists=True, file_okay=False
        ),
    ],
    out: Annotated[Path, typer.Option(help="Model folder to write; there must not be one.")],
    heads: Annotated[int | None, typer.Option(help="Attention heads that stay in each layer.", min=1)] = None,
    intermediate_size: Annotated[
        int | None, typer.Option(help="Channels that stay in each feed-forward of the encoder.", min=1)
    ] = None,
    top_intermediate_size: Annotated[
        int | None,
        typer.Option(help="The same of the layers above the encoder, which a model with words has.", min=1),
    ] = None,
) -> None:
    """Take out of each layer the heads and channels that it uses least; fine-tune what is left with train --stage 2."""
    if heads is None and intermediate_size is None and top_intermediate_size is None:
        raise UsageError("say what is to be narrower: --heads, --intermediate-size or --top-intermediate-size")
    refuse_existing(out)
    from bert_mrc_theseus.model_files.hub import local_model
    from bert_mrc_theseus.model_files.model_folder import save_model
    from bert_mrc_theseus.onnx_export.prune import prune_model
    from bert_mrc_theseus.text.interchange import read_documents

    model = local_model(model)
    documents = list(read_documents(data / "train.jsonl"))
    pruned = prune_model(model, documents, heads, intermediate_size, top_intermediate_size)
    save_model(out, pruned)
    PlainConsole(soft_wrap=True).say(
        f"{model} -> {out}; fine-tune it: bert-mrc-theseus train {data} --run RUN --stage 2 --successor {out}"
    )
