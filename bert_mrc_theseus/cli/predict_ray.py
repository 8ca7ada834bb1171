"""`bert-mrc-theseus predict-ray`: entities of Parquet and JSONL files on the machines of a Ray cluster."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from bert_mrc_theseus.cli import panels
from bert_mrc_theseus.cli.model_places import MODEL_PLACE
from bert_mrc_theseus.cli.question_options import Nested, Queries, Style, Threshold, Types
from bert_mrc_theseus.cli.values import comma_list
from bert_mrc_theseus.errors import PARTIAL, UsageError, UserError, printable
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.text.documents import TEXT
from bert_mrc_theseus.text.schema import DEFAULT_STYLE

ADDRESS = re.compile(r"(ray://)?[\w.-]+:\d+|(ray://)?\[[\da-fA-F:.]+\]:\d+|auto|local")


def predict_ray(
    input_path: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A .parquet, .jsonl or .ndjson file (.gz, .zst too), or a folder of them; or its address (s3://...).",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "-o",
            "--out",
            help="Folder to write, or its address; every machine must see it under this path.",
            rich_help_panel=panels.OUTPUT,
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            "-m",
            "--model",
            help="Model folder, on every machine, ner-zh-tiny, or hf:OWNER/NAME; default: ner-zh-small.",
            **MODEL_PLACE,
            rich_help_panel=panels.MODEL,
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="Of the cluster: ray://HOST:10001, or auto; default: one on this machine.",
            rich_help_panel=panels.CLUSTER,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Actors, each with one thread and one CPU; default: one a CPU.",
            min=1,
            max=100_000,
            rich_help_panel=panels.CLUSTER,
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            help="Seconds in which the cluster must find room for a worker.",
            min=1.0,
            max=1e9,
            rich_help_panel=panels.CLUSTER,
        ),
    ] = 60.0,
    part: Annotated[
        int,
        typer.Option(
            help="Rows of a part, which is done and written as one; of JSONL 200 bytes count as a row.",
            min=1,
            rich_help_panel=panels.CLUSTER,
        ),
    ] = 10_000,
    text_field: Annotated[
        str, typer.Option(help="Field or column that holds the text.", rich_help_panel=panels.INPUT)
    ] = TEXT,
    queries: Queries = None,
    style: Style = DEFAULT_STYLE,
    types: Types = None,
    nested: Nested = False,
    threshold: Threshold = None,
) -> None:
    """Find entities on many machines. What is done stays; the same command goes on. See docs/large.md.

    OUT/entities/NAME/000000.parquet ... hold the rows of a file in order, with a column `entities`; OUT/failed has those that
    could not be read, with the reason.
    """
    from bert_mrc_theseus.decoding.spans import Thresholds
    from bert_mrc_theseus.engines.choose import choose_engine
    from bert_mrc_theseus.files.trees import below, names_below, place_of, stamp
    from bert_mrc_theseus.model_files.hub import is_on_hub, local_model, pinned
    from bert_mrc_theseus.model_files.model_folder import load_spec
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.prediction.job_folder import check_job_folder, job_folder
    from bert_mrc_theseus.prediction.wanted_schema import wanted_schema
    from bert_mrc_theseus.provenance import checksums, library_versions, versions

    chosen = None if types is None else comma_list(types, str, "--types")
    if address is not None and not ADDRESS.fullmatch(address):
        raise UsageError(f"--address is ray://HOST:PORT, HOST:PORT, auto or local. Received: {printable(address)}")
    source, target = place_of(input_path), place_of(out)
    if isinstance(source, Path) and not os.path.exists(source):
        raise UsageError(f"{input_path}: no such file or folder")
    for place in (source, target):
        if isinstance(place, str) and place.startswith("memory:"):
            raise UsageError(f"{place} is in the memory of one process: workers are others")
    check_job_folder(target, source)
    folder = bundled_model() if model is None else local_model(model)
    schema = wanted_schema(folder, None, queries, style, chosen)
    choose_engine(folder, "onnx")
    try:
        from bert_mrc_theseus.prediction import parts, ray_job
    except ModuleNotFoundError as error:
        raise UserError(f"{error}. predict-ray needs it: pip install 'bert-mrc-theseus[ray]'") from error

    console = PlainConsole(stderr=True, soft_wrap=True)
    unseen = () if schema is None else load_spec(folder).unseen(schema)
    if unseen:
        console.say(
            f"the model was not trained on the queries of {', '.join(unseen)}: what it finds for them may be little, or wrong",
            style="yellow",
        )
    named = None
    if model is not None:
        named = pinned(model, folder) if is_on_hub(model) else str(folder.absolute())
    arguments: dict[str, Any] = {
        "folder": named,
        "thresholds": None if threshold is None else Thresholds(threshold, threshold),
        "engine": "onnx",
        "schema": schema,
        "nested": nested,
    }
    depends_on = {
        "model": checksums(folder),
        "versions": {**versions(), **library_versions(("onnxruntime", "jieba"))},
        "schema": None if schema is None else [[item.name, item.query] for item in schema.types],
        "nested": nested,
        "threshold": threshold,
        "text field": text_field,
        "part": [part, parts.ROW_BYTES],
    }
    files = parts.find_tables(source)
    with job_folder(target, depends_on, {name: stamp(path) for path, name in files}):
        whole = [one for path, name in files for one in parts.parts_of(path, name, text_field, part)]
        done = parts.done_outputs(target)
        todo = [one for one in whole if one.output not in done]
        if len(todo) < len(whole):
            console.say(f"going on: {len(whole) - len(todo):,} of {len(whole):,} parts are done")
        progress = ray_job.Progress()
        if todo:
            with ray_job.cluster(address):
                progress = ray_job.run_parts(
                    todo,
                    lambda: ray_job.start_actor(target, text_field, arguments),
                    workers or ray_job.room(),
                    wait,
                    lambda now: console.say(
                        f"{len(whole) - len(todo) + now.parts:,} of {len(whole):,} parts, {now.counts.rows:,} rows"
                    ),
                )
    counts = progress.counts
    deaths = f"; {progress.deaths} workers died and were replaced" if progress.deaths else ""
    console.say(f"{counts.rows:,} rows, {counts.entities:,} entities, {counts.failed:,} rows failed{deaths}")
    if progress.lost:
        for one, reason in list(progress.lost.items())[:10]:
            console.say(f"not done: part {one.number} of {one.name}: {reason}", style="red")
        raise UserError(f"{len(progress.lost)} of {len(whole)} parts were not done; the same command tries them again")
    failed = below(target, parts.FAILED)
    if any(name.endswith(".jsonl") for name in names_below(failed)):
        console.say(f"rows that could not be read, with the reason: {failed}", style="yellow")
        raise typer.Exit(PARTIAL)
