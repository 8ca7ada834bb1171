"""`bert-mrc-theseus predict`: entities of text files."""

import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.cli.model_places import MODEL_PLACE
from bert_mrc_theseus.cli.question_options import Nested, Queries, Style, Threshold, Types
from bert_mrc_theseus.cli.values import comma_list
from bert_mrc_theseus.errors import PARTIAL, DataError, UsageError
from bert_mrc_theseus.files.remote_files import is_remote
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING, check_encoding
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.text.documents import TEXT
from bert_mrc_theseus.text.schema import DEFAULT_STYLE


def predict(
    ctx: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            help="Text, JSONL, JSON, Parquet, Arrow, CSV, TSV, gz or zst files, folders, addresses (s3://...), or -.",
        ),
    ] = None,
    texts: Annotated[
        list[str] | None,
        typer.Option(
            "--text", help="A text itself, instead of inputs; may be given several times.", rich_help_panel=panels.INPUT
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "-m",
            "--model",
            help="Model folder, such as RUN/stage2/best, ner-zh-tiny, or hf:OWNER/NAME; default: ner-zh-small.",
            **MODEL_PLACE,
            rich_help_panel=panels.MODEL,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--out",
            help="Output file or address (folder for brat); default: stdout.",
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="jsonl, conll, brat, html, text, doccano, label-studio, mrc, parquet, arrow, csv or tsv; default: the "
            "table that -o names, else jsonl.",
            autocompletion=complete.formats,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = None,
    rows: Annotated[
        str,
        typer.Option(
            help="Tables, jsonl: a row is one of the texts (with all its entities), or of the entities.",
            autocompletion=complete.rows,
            rich_help_panel=panels.OUTPUT,
        ),
    ] = "texts",
    whole_files: Annotated[
        bool,
        typer.Option(
            "--whole-files", help="A text file is one document, not one a line.", rich_help_panel=panels.INPUT
        ),
    ] = False,
    input_format: Annotated[
        str,
        typer.Option(
            help="What the inputs are, whatever their names say: text, jsonl, json, parquet, arrow, csv or tsv; default: by "
            "name.",
            autocompletion=complete.input_formats,
            rich_help_panel=panels.INPUT,
        ),
    ] = "auto",
    encoding: Annotated[
        str,
        typer.Option(
            help="Encoding of the inputs: gb18030 (GBK), big5, utf-16 ...",
            autocompletion=complete.encodings,
            rich_help_panel=panels.INPUT,
        ),
    ] = DEFAULT_ENCODING,
    text_field: Annotated[
        str, typer.Option(help="Field of a JSON record, or column, that holds the text.", rich_help_panel=panels.INPUT)
    ] = TEXT,
    id_field: Annotated[
        str | None,
        typer.Option(
            help="Field of a JSON record, or column, that holds the id; default: id.", rich_help_panel=panels.INPUT
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            help="auto (ONNX if the model was exported), onnx, onnx:PROVIDER (cuda, coreml, openvino ...) or keras; "
            "see export.",
            autocompletion=complete.engines,
            rich_help_panel=panels.MODEL,
        ),
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(
            help="Threads of a process, for ONNX; default: one a core, shared out among the workers.",
            min=1,
            max=1024,
            rich_help_panel=panels.MODEL,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes, each with a copy of the model; default: this one. See docs/large.md.",
            min=1,
            max=1024,
            rich_help_panel=panels.MODEL,
        ),
    ] = None,
    queries: Queries = None,
    style: Style = DEFAULT_STYLE,
    types: Types = None,
    nested: Nested = False,
    dictionary: Annotated[
        Path | None,
        typer.Option(
            help="Terms that are, or are not, entities: term<TAB>type[<TAB>veto] a line.",
            exists=True,
            dir_okay=False,
            rich_help_panel=panels.LOOKED_FOR,
        ),
    ] = None,
    lexicon: Annotated[
        Path | None,
        typer.Option(
            help="Terms (term<TAB>type a line) that a model with words reads as words of its lexicon: a hint, no verdict.",
            exists=True,
            dir_okay=False,
            rich_help_panel=panels.LOOKED_FOR,
        ),
    ] = None,
    threshold: Threshold = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Keep what is finished beside -o FILE; after a kill the same command goes on. All formats but brat.",
            rich_help_panel=panels.OUTPUT,
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="brat: write into a folder that is not ours; files of others stay.",
            rich_help_panel=panels.OUTPUT,
        ),
    ] = False,
) -> None:
    """Find entities in texts. Exit status 3 says that some records could not be read or written."""
    from bert_mrc_theseus.decoding.spans import Thresholds
    from bert_mrc_theseus.model_files.hub import local_model
    from bert_mrc_theseus.model_files.model_folder import files_of_models
    from bert_mrc_theseus.output.formats import format_by_name
    from bert_mrc_theseus.output.write import check_outputs, output_columns, write_outputs
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.prediction.extractor import Extractor
    from bert_mrc_theseus.prediction.input_files import find_inputs
    from bert_mrc_theseus.prediction.inputs import (
        FORMS,
        InputOptions,
        check_tables,
        read_inputs,
        texts_as_documents,
    )
    from bert_mrc_theseus.prediction.progress import PredictionProgress, count_documents
    from bert_mrc_theseus.text.dictionary import read_dictionary
    from bert_mrc_theseus.text.word_lists import term_words

    console = PlainConsole(stderr=True, soft_wrap=True)
    check_encoding(encoding)
    if input_format not in FORMS:
        raise UsageError(f"--input-format is one of {', '.join(FORMS)}. Received: {input_format!r}")
    if bool(inputs) == bool(texts):
        raise UsageError("give inputs, or texts with --text TEXT" + (", not both" if inputs else ""))
    skipped = 0

    def report(error: DataError) -> None:
        nonlocal skipped
        skipped += 1
        console.say(f"skipped: {error}", style="yellow")

    files = find_inputs(inputs or [], report)
    thresholds = None if threshold is None else Thresholds(threshold, threshold)
    chosen = None if types is None else comma_list(types, str, "--types")
    model = bundled_model() if model is None else local_model(model)
    read: list[str | Path] = [
        *files,
        *files_of_models(model),
        *(path for path in (queries, dictionary, lexicon) if path is not None),
    ]
    target = out if out is None or is_remote(out) else Path(out)
    form = form or format_by_name(out)
    check_outputs(form, target, read, overwrite, resume, rows)
    options = InputOptions(whole_files, encoding, input_format, text_field, id_field, output_columns(form))
    check_tables(files, options)
    terms = None if dictionary is None else read_dictionary(dictionary)
    journal = None
    extractor = Extractor.load(
        model,
        thresholds,
        engine,
        nested=nested,
        queries=queries,
        style=style,
        types=chosen,
        words=None if lexicon is None else term_words(lexicon),
        threads=threads,
        workers=workers,
    )
    if extractor.unseen:
        console.say(
            f"the model was not trained on the queries of {', '.join(extractor.unseen)}: what it finds for them may be "
            f"little, or wrong",
            style="yellow",
        )
    with ExitStack() as opened:
        opened.enter_context(extractor)
        if resume and isinstance(target, Path):
            from bert_mrc_theseus.output.journal import Journal

            journal = opened.enter_context(Journal(target, _depends_on(ctx, files, model)))
            if journal.begun:
                console.say(f"going on behind {journal.counts['documents']:,} documents")
                # What could not be written before the kill counts still.
                skipped += journal.counts["documents"] - journal.counts["written"]
        done = journal.counts["documents"] if journal else 0
        read_texts = texts_as_documents(texts) if texts else read_inputs(files, report, options)
        documents = extractor.documents(read_texts, done)
        changed: Counter[str] = Counter()
        if terms is not None:
            documents = terms.correct(documents, changed)
        bar = console if _has_room_for_a_bar(out) else None
        total = None if bar is None or texts else count_documents(files, whole_files, input_format)
        progress = opened.enter_context(PredictionProgress(bar, total, done))
        documents = progress.follow(documents)
        lost = write_outputs(
            documents, form, target, extractor.schema, report, overwrite, journal, options.columns, rows
        )
    if dictionary is not None:
        console.say(
            f"{dictionary.name}: {changed['added']:,} entities added, {changed['vetoed']:,} vetoed"
            + (" since it went on" if done else ""),
        )
    if lost:
        console.say(f"{lost} nested entities left out: {form} cannot carry them")
    if options.missing["texts"]:
        console.say(f"{options.missing['texts']:,} texts are missing (null): they count as empty")
    console.say(progress.summary(skipped))
    if skipped:
        console.say(f"{skipped} records could not be read or written", style="red")
        raise typer.Exit(PARTIAL)


def _has_room_for_a_bar(out: str | None) -> bool:
    """Whether standard error is a terminal that results are not written to."""
    return sys.stderr.isatty() and not (out is None and sys.stdout.isatty())


def _depends_on(ctx: typer.Context, files: list[str], model: Path) -> dict[str, Any]:
    """What a prediction must share with one that was begun, to go on with it: inputs, model, versions, and every option."""
    from bert_mrc_theseus.files.sha256 import sha256_of
    from bert_mrc_theseus.provenance import checksums, library_versions, versions

    # As the user writes them, for what is said when one is another.
    names = {parameter.name: max(parameter.opts, key=len) for parameter in ctx.command.params}
    if not all(Path(file).is_file() for file in files):
        raise UsageError("--resume needs inputs that can be read again: files, not standard input or a pipe")
    options = {
        names[name]: checksums(value) if isinstance(value, Path) else value
        for name, value in ctx.params.items()
        if name not in ("inputs", "model", "out", "resume", "overwrite", "threads", "workers")
    }
    return {
        "inputs": [[file, sha256_of(file)] for file in files],
        "model": checksums(model),
        "versions": {**versions(), **library_versions(("onnxruntime", "jieba"))},
        **options,
    }
