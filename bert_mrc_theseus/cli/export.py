"""`bert-mrc-theseus export`: a model as ONNX graphs for prediction, or its encoder for other projects."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import complete
from bert_mrc_theseus.cli.model_places import MODEL_PLACE
from bert_mrc_theseus.cli.values import check_names
from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.files.places import check_place, refuse_existing
from bert_mrc_theseus.output.terminal import PlainConsole

TARGETS = ("onnx", "hf", "tf")


def export(
    model: Annotated[
        Path, typer.Argument(help="Model folder, such as RUN/stage2/best, or hf:OWNER/NAME.", **MODEL_PLACE)
    ],
    to: Annotated[
        str,
        typer.Option(
            help="onnx: graphs for prediction; hf: folder for transformers; tf: the encoder as a checkpoint of Google's names.",
            autocompletion=complete.targets,
        ),
    ] = "onnx",
    int8: Annotated[bool, typer.Option("--int8", help="ONNX: dense layers in int8.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            help="ONNX: data folder; dev.jsonl is compared on, train.jsonl calibrates int8.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    largest_loss: Annotated[float, typer.Option(help="Strict F1 that int8 may cost on dev.", min=0, max=1)] = 0.003,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; ONNX: one without the weights (default: beside them).")
    ] = None,
) -> None:
    """Write a model as ONNX (checked against the model), for transformers, or its encoder, without heads, for TensorFlow 1."""
    from bert_mrc_theseus.model_files.hub import is_on_hub, local_model
    from bert_mrc_theseus.model_files.model_folder import load_spec

    console = PlainConsole(soft_wrap=True)
    check_names([to], TARGETS, "--to")
    if out is not None:
        refuse_existing(out)
    if to != "onnx":
        if out is None:
            raise UsageError(f"--to {to} needs a folder to write: --out FOLDER")
        model = local_model(model)
        left_out = _export_to_others(model, to, out)
        console.say(f"{model} -> {out}")
        if left_out:
            console.say(f"left out, since there is no place for them: {', '.join(left_out)}")
        return
    if out is None and is_on_hub(model):
        raise UsageError(f"{model} is on the hub: name a folder to write, --out FOLDER")
    if out is None and model.is_dir():
        check_place(model / "onnx")
    if data is None:
        raise UsageError("--to onnx needs the data folder that the graph is compared on: --data FOLDER")
    model = local_model(model)
    load_spec(model)
    import_tensorflow()
    from bert_mrc_theseus.engines.choose import load_engine
    from bert_mrc_theseus.onnx_export.export import export_onnx
    from bert_mrc_theseus.text.interchange import read_documents

    documents = list(read_documents(data / "dev.jsonl"))
    calibration = list(read_documents(data / "train.jsonl")) if int8 else []
    _, truth = load_engine(model, "keras")
    check = export_onnx(model, truth, documents, int8, calibration, largest_loss, out)
    console.say(
        f"{out or model}/onnx: {check.precision}, {check.megabytes:.1f} MB; on {check.documents} documents probabilities "
        f"differ by at most {check.difference:.2g}, strict F1 {check.f1_before:.4f} -> {check.f1_after:.4f}",
    )


def _export_to_others(model: Path, to: str, out: Path) -> list[str]:
    """Writes "hf" or "tf", and says what is left out."""
    if to == "hf":
        from bert_mrc_theseus.integrations.transformers_folder import export_transformers

        return export_transformers(model, out)
    from bert_mrc_theseus.model_files.encoders import export_encoder
    from bert_mrc_theseus.model_files.model_folder import load_spec

    # First: TensorFlow takes seconds, or is not there.
    config = load_spec(model).config
    import_tensorflow()
    export_encoder(model, out)
    return ["heads", *(("pieces", "lexicon", "top layer") if config.words is not None else ())]
